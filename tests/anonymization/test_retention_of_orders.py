"""Who has an order is no registration that nobody confirmed."""

from customer_api.customers.models import CustomerRow
from customer_api.orders import repository as orders
from tests.order_system import order_values
from tests.tables import rows


async def test_who_has_an_order_is_never_erased_for_not_confirming(shop):
    for name in ("ada", "bob"):
        await shop.register(email=f"{name}@shop.example")
    ada, _ = await rows(shop, CustomerRow)
    now = shop.clock.now()
    values = order_values(ada.id, now)
    await shop.container.units.write(lambda it: orders.add(it, "DE--1", values, now=now))
    shop.clock.advance(days=31)

    assert await shop.container.retention.erase_unconfirmed() == 1

    left = [it.email_key for it in await rows(shop, CustomerRow) if it.anonymized_at is None]
    assert left == ["ada@shop.example"]
