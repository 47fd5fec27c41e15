import json

import pytest

from customer_api.api.oauth.errors import OAUTH_ERRORS, oauth_refusal
from customer_api.core.errors import AppError, DatabaseUnavailable
from customer_api.security.rate_limit import Throttled, TooManyAttempts


def test_every_row_makes_the_answer_of_rfc_6749():
    for kind, row in OAUTH_ERRORS.items():
        answer = oauth_refusal(kind(1) if issubclass(kind, Throttled) else kind())

        body = json.loads(answer.body)
        assert answer.status_code == row.status
        assert list(body) == ["error", "error_description"]
        assert body["error"] == row.error


def test_blocked_and_unavailable_say_when_to_come_again():
    blocked = oauth_refusal(TooManyAttempts(61))
    unavailable = oauth_refusal(DatabaseUnavailable(3))

    assert blocked.headers["retry-after"] == "61"
    assert "in 2 minute(s)" in json.loads(blocked.body)["error_description"]
    assert unavailable.headers["retry-after"] == "3"


def test_refusal_without_a_row_goes_on_as_it_is():
    class Unheard(AppError):
        pass

    with pytest.raises(Unheard):
        oauth_refusal(Unheard())
