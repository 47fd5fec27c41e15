"""Measurements of the workloads that the project promises to be good at."""
