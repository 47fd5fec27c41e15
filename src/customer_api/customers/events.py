"""Security events about customers."""

from customer_api.customers.models import Customer
from customer_api.observability.security_events import SecurityEvent, record


def record_login_failure(customer: Customer | None) -> None:
    """Record a wrong password, with whose it was not, if there is such an account."""
    reference = None if customer is None else customer.reference
    record(SecurityEvent.LOGIN_FAILED, reference=reference)
