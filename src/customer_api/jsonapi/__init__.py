"""The wire conventions of both APIs, on JSON:API 1.1; knows neither the web framework nor customers."""
