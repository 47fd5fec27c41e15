"""Field rules that several storefront resources share (contract 1.10 and 3)."""

from customer_api.core.settings import Settings
from customer_api.customers.models import SALUTATIONS
from customer_api.jsonapi.constraints import Choice, Length, NotBlank, Regex
from customer_api.jsonapi.validation import Field

PASSWORD_PATTERN_MESSAGE = (
    "Your password must include at least one uppercase letter, one lowercase letter, one number, "  # noqa: S105 - a message
    "and one special character from the following list: !@#$%^&*()_-+=[]{}|;:<>.,/?\\~. "
    "Non-Latin and other special characters are not allowed."
)


def password_length(settings: Settings) -> Length:
    """Return the rule for the length of a new password."""
    return Length(settings.password_min_length, settings.password_max_length)


def password_rules(settings: Settings) -> tuple[Length | Regex, ...]:
    """Return the rules for a new password that apply when it is not blank."""
    rules: tuple[Length | Regex, ...] = (password_length(settings),)
    if settings.password_pattern:
        rules += (Regex(settings.password_pattern, PASSWORD_PATTERN_MESSAGE),)
    return rules


def new_password(name: str, settings: Settings) -> Field:
    """Return the field of a new password."""
    return Field(name, NotBlank(), *password_rules(settings))


def repeated_password(settings: Settings) -> Field:
    """Return the field that repeats a new password."""
    return Field("confirmPassword", NotBlank(), password_length(settings))


def salutation(*, required: bool) -> Field:
    """Return the salutation."""
    return Field("salutation", NotBlank(), Choice(*SALUTATIONS), required=required)


def person_name(name: str, *, required: bool) -> Field:
    """Return a first or last name."""
    return Field(name, NotBlank(), Length(max=100), required=required)
