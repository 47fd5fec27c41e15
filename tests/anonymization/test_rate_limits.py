from customer_api.anonymization.rate_limits import RateLimitAnonymizer
from customer_api.plugin import ErasureContext
from customer_api.security.counters import CounterRow
from tests.tables import rows


async def test_counters_of_the_address_go_and_those_of_others_stay(shop):
    for email in ("ada@shop.example", "Ada@Shop.Example", "bob@shop.example"):
        await shop.log_in(email)
    for _ in range(2):
        await shop.register(email="ADA@shop.example")

    def erase(connection):
        context = ErasureContext(
            connection=connection,
            customer_id=1,
            reference="DE--1",
            email_key="ada@shop.example",
            now=shop.clock.now(),
        )
        return RateLimitAnonymizer().erase(context)

    counts = [await shop.container.units.write(erase) for _ in range(2)]

    subjects = {row.subject for row in await rows(shop, CounterRow)}
    assert counts == [3, 0]
    assert subjects == {"bob@shop.example", None}  # clients alone are nobody in particular
