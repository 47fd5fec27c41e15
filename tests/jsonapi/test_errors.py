"""Error documents."""

from customer_api.jsonapi.errors import ErrorObject, error_document, validation_errors
from customer_api.jsonapi.validation import Violation


def test_an_error_has_a_code_a_status_and_a_detail():
    body = error_document([ErrorObject(403, "Missing access token.", code="002")])

    assert body == b'{"errors":[{"code":"002","status":403,"detail":"Missing access token."}]}'


def test_an_error_without_code_has_no_such_member():
    body = error_document([ErrorObject(404, "Not Found")])

    assert body == b'{"errors":[{"status":404,"detail":"Not Found"}]}'


def test_facts_for_programs_come_last():
    body = error_document([ErrorObject(412, "Stale.", code="006", meta={"etag": '"7"'})])

    assert body == (
        b'{"errors":[{"code":"006","status":412,"detail":"Stale.","meta":{"etag":"\\"7\\""}}]}'
    )


def test_violations_become_errors_in_their_order():
    errors = validation_errors(
        [Violation("email", "This field is missing."), Violation("a", "This is wrong.")],
        code="901",
    )

    assert errors == (
        ErrorObject(422, "email => This field is missing.", code="901"),
        ErrorObject(422, "a => This is wrong.", code="901"),
    )
