import logging

from customer_api.observability.security_events import SecurityEvent, record


def test_an_event_is_one_line_with_its_fields(caplog):
    caplog.set_level(logging.INFO)

    record(SecurityEvent.LOGIN_SUCCEEDED, reference="DE--1", session=None)

    (line,) = caplog.records
    assert (line.message, line.levelname) == ("login_succeeded", "INFO")
    assert (line.category, line.reference, line.session) == ("security", "DE--1", None)


def test_what_may_be_an_attack_is_a_warning(caplog):
    record(SecurityEvent.REFRESH_TOKEN_REUSED, session="5d5b")

    (line,) = caplog.records
    assert line.levelname == "WARNING"
