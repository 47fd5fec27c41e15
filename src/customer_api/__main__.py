"""`python -m customer_api` is `customer-api`."""

from customer_api.cli import main

main()
