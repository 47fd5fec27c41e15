import pytest

from customer_api.api.v1.errors import STOREFRONT, STOREFRONT_ERRORS, to_answer
from customer_api.core.errors import AppError, DatabaseUnavailable, Unavailable
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests
from customer_api.security.refresh_tokens import RefreshFailed, RefreshTokenReused


def test_subclass_shares_the_row_of_its_parent():
    assert STOREFRONT.row_of(RefreshTokenReused) is STOREFRONT_ERRORS[RefreshFailed]
    assert STOREFRONT.row_of(DatabaseUnavailable) is STOREFRONT_ERRORS[Unavailable]


def test_class_without_a_row_is_a_defect():
    class Unheard(AppError):
        pass

    with pytest.raises(KeyError, match="Unheard"):
        STOREFRONT.row_of(Unheard)


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 1), (1, 1), (60, 1), (61, 2), (119, 2), (900, 15)]
)
def test_time_left_is_rounded_up_to_minutes(seconds, minutes):
    details = [
        STOREFRONT.throttled_detail(kind(seconds)) for kind in (TooManyAttempts, TooManyRequests)
    ]

    assert details == [
        f"{what}. Please try again in {minutes} minute(s)."
        for what in ("Account is blocked", "Too many requests")
    ]


def test_unavailable_says_when_to_come_again():
    answer = to_answer(Unavailable(retry_after_seconds=7))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "7"


def test_every_401_has_a_challenge():
    answers = [to_answer(RefreshFailed()), to_answer(Unavailable())]

    assert answers[0].headers["www-authenticate"] == 'Bearer realm="Access to shop API"'
    assert "www-authenticate" not in answers[1].headers
