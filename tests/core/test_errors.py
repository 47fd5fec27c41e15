import pytest

from customer_api.core.errors import AppError, DatabaseUnavailable, TokenRefused, Unavailable


def test_unavailable_says_when_to_come_back():
    assert Unavailable(7).retry_after_seconds == 7
    assert DatabaseUnavailable().retry_after_seconds == 1


@pytest.mark.parametrize("kind", [AppError, TokenRefused, Unavailable, DatabaseUnavailable])
def test_a_refusal_rolls_back_unless_its_class_says_otherwise(kind: type[AppError]):
    assert not kind.keeps_changes
