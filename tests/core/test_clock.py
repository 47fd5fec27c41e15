from datetime import UTC, datetime, timedelta

from customer_api.core.clock import SystemClock


def test_system_clock_is_aware_and_in_utc():
    before = datetime.now(UTC)  # noqa: TID251 - what the clock is compared with

    now = SystemClock().now()

    assert now.utcoffset() == timedelta(0)
    assert timedelta(0) <= now - before < timedelta(minutes=1)
