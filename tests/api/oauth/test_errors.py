import json

import pytest

from customer_api.api.oauth.errors import BACK_OFFICE_OAUTH, STOREFRONT_OAUTH
from customer_api.core.errors import AppError, DatabaseUnavailable
from customer_api.security.rate_limit import Throttled, TooManyAttempts


@pytest.mark.parametrize("table", [STOREFRONT_OAUTH, BACK_OFFICE_OAUTH])
def test_every_row_makes_the_answer_of_rfc_6749(table):
    for kind, row in table.rows.items():
        answer = table.answer(kind(1) if issubclass(kind, Throttled) else kind())

        body = json.loads(answer.body)
        assert answer.status_code == row.status
        assert list(body) == ["error", "error_description"]
        assert body["error"] == row.error


def test_blocked_and_unavailable_say_when_to_come_again():
    blocked = STOREFRONT_OAUTH.answer(TooManyAttempts(61))
    unavailable = STOREFRONT_OAUTH.answer(DatabaseUnavailable(3))

    assert blocked.headers["retry-after"] == "61"
    assert "in 2 minute(s)" in json.loads(blocked.body)["error_description"]
    assert unavailable.headers["retry-after"] == "3"


def test_refusal_without_a_row_goes_on_as_it_is():
    class Unheard(AppError):
        pass

    with pytest.raises(Unheard):
        STOREFRONT_OAUTH.answer(Unheard())
