"""The rules of orders in files: those of the back office."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from customer_api.api.back_office.v1.orders.fields import batched_fields, to_command
from customer_api.jsonapi.validation import Violation
from customer_api.orders.models import PushOrder
from customer_api.transfers.orders.columns import CheckOrder


def order_check(today: date) -> CheckOrder:
    """Return the rules of the back office for orders."""
    rules = batched_fields()

    def check(attributes: Mapping[str, Any]) -> PushOrder | Sequence[Violation]:
        violations = rules.violations(attributes, today=today)
        return violations or to_command(attributes["reference"], rules.parse(attributes))

    return check
