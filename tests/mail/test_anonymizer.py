from customer_api.mail.anonymizer import MailAnonymizer
from customer_api.plugin import ErasureContext


async def test_erasure_wipes_the_customers_mails_once(box, clock):
    customer = await box.add_customer()
    await box.put(customer)
    await box.put(customer)

    def erase(connection):
        context = ErasureContext(
            connection=connection,
            customer_id=customer,
            reference="DE--ada",
            email_key="ada@customer.example",
            now=clock.now(),
        )
        return MailAnonymizer().erase(context)

    counts = [await box.units.write(erase), await box.units.write(erase)]

    assert counts == [2, 0]
    assert {(row.state, row.recipient, row.variables) for row in await box.rows()} == {
        ("parked", None, None)
    }
