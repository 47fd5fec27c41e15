import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text

from customer_api.credentials.models import CredentialRow
from customer_api.customers.models import CustomerRow
from customer_api.customers.references import ReferenceSequenceRow
from customer_api.registration.models import RegistrationRow
from customer_api.security.counters import CounterRow
from customer_api.tokens.models import SessionRow
from customer_api.transfers import importer
from customer_api.transfers.customers import statements
from customer_api.transfers.importer import LOST_RACE
from customer_api.transfers.report import ImportSummary, Refusal
from tests.shop import START
from tests.tables import rows
from tests.transfers.conftest import all_but_events, import_into
from tests.transfers.files import PASSWORD, customer, only

EMAIL_TAKEN = "the e-mail belongs to another customer"
ANONYMIZED = "the customer was anonymized and is never revived"


@pytest.fixture
def two_rows_a_batch(monkeypatch):
    monkeypatch.setattr(importer, "BATCH", 2)


async def stored_customers(shop):
    return {row.reference: row for row in await rows(shop, CustomerRow)}


async def test_a_customer_comes_with_everything_in_the_file(shop, import_rows):
    summary, refusals = await import_rows(customer(1))

    assert (summary, refusals) == (ImportSummary(created=1), [])
    (row,) = await rows(shop, CustomerRow)
    registered_at = datetime(2020, 6, 24, tzinfo=UTC)
    assert row._asdict() == {
        "id": row.id,
        "reference": "DE--1",
        "email": "Person.1@shop.example",
        "email_key": "person.1@shop.example",
        "proven_email_key": None,
        "salutation": "Ms",
        "first_name": "Ada",
        "last_name": "Example",
        "first_name_key": "ada",
        "last_name_key": "example",
        "gender": "Female",
        "date_of_birth": date(1980, 1, 2),
        "company": "Example Ltd",
        "phone": "030-1234",
        "locale": "de_DE",
        "registered_at": registered_at,
        "default_billing_address_id": None,
        "default_shipping_address_id": None,
        "locked_at": None,
        "lock_reason": None,
        "anonymized_at": None,
        "created_at": registered_at,
        "updated_at": START,
        "version": 1,
    }


async def test_who_never_confirmed_was_created_now_and_is_kept_without_a_mail(shop, import_rows):
    await import_rows(customer(1, registered=""))

    shop.clock.advance(days=400)
    await shop.container.retention.erase_unconfirmed()
    (row,) = await rows(shop, CustomerRow)
    assert (row.registered_at, row.created_at, row.anonymized_at) == (None, START, None)
    assert await rows(shop, RegistrationRow) == []
    assert await shop.mails() == []


async def test_the_old_password_works_and_gets_a_better_hash(shop, import_rows):
    await import_rows(customer(1))

    assert (await shop.log_in("person.1@SHOP.example", PASSWORD)).status_code == 201
    (credential,) = await rows(shop, CredentialRow)
    assert credential.password_hash.startswith("$argon2id$")


async def test_a_second_run_changes_nothing_even_after_a_login(shop, import_rows):
    file = [customer(1), customer(2, registered=""), only(customer(3))]
    file[2] = dict.fromkeys(file[0], "") | file[2]
    await import_rows(*file)
    await shop.log_in("person.1@shop.example", PASSWORD)
    before = await all_but_events(shop)
    shop.clock.advance(days=1)

    summary, _ = await import_rows(*file)

    assert summary == ImportSummary(unchanged=3)
    assert await all_but_events(shop) == before


async def test_a_changed_row_changes_its_customer_alone(shop, import_rows):
    await import_rows(customer(1), customer(2))
    before = await stored_customers(shop)
    shop.clock.advance(days=1)

    summary, _ = await import_rows(customer(1, first_name="Grace", company=""), customer(2))

    after = await stored_customers(shop)
    assert summary == ImportSummary(updated=1, unchanged=1)
    assert after["DE--2"] == before["DE--2"]
    assert after["DE--1"]._asdict() == before["DE--1"]._asdict() | {
        "first_name": "Grace",
        "first_name_key": "grace",
        "company": None,
        "updated_at": shop.clock.now(),
        "version": 2,
    }


async def test_columns_that_the_file_does_not_have_stay(shop, import_rows):
    await import_rows(customer(1))
    before = await stored_customers(shop)

    await import_rows(only(customer(1, phone="030-9999"), "phone"))

    after = await stored_customers(shop)
    assert after["DE--1"]._asdict() == before["DE--1"]._asdict() | {
        "phone": "030-9999",
        "version": 2,
    }
    assert (await shop.log_in("person.1@shop.example", PASSWORD)).status_code == 201


async def test_a_confirmation_since_the_export_stands(shop, import_rows):
    await import_rows(customer(1))

    summary, _ = await import_rows(customer(1, registered=""))

    assert summary == ImportSummary(unchanged=1)
    assert (await shop.log_in("person.1@shop.example", PASSWORD)).status_code == 201


async def test_a_new_address_is_found_in_every_spelling(shop, import_rows):
    await import_rows(customer(1))

    await import_rows(customer(1, email="New@Shop.example"))

    assert (await shop.log_in("new@shop.EXAMPLE", PASSWORD)).status_code == 201
    assert (await shop.log_in("person.1@shop.example", PASSWORD)).status_code == 401


async def test_refused_rows_are_reported_in_order_and_the_others_imported(
    shop, import_rows, two_rows_a_batch
):
    summary, refusals = await import_rows(
        customer(1),
        customer(2, email="PERSON.1@shop.example"),
        customer(3, email="Person.1@SHOP.example"),
        customer(4, locale_name="fr_FR"),
        customer(5),
    )

    assert summary == ImportSummary(created=2, refused=3)
    assert refusals == [
        Refusal(3, "DE--2", EMAIL_TAKEN),
        Refusal(4, "DE--3", EMAIL_TAKEN),
        Refusal(5, "DE--4", "locale_name: not a locale of the store"),
    ]
    assert set(await stored_customers(shop)) == {"DE--1", "DE--5"}


async def test_transactions_stay_small(import_rows, two_rows_a_batch, monkeypatch):
    sizes = []
    find_stored = statements.find_stored

    def spy(connection, references):
        sizes.append(len(references))
        return find_stored(connection, references)

    monkeypatch.setattr(statements, "find_stored", spy)

    await import_rows(*(customer(number) for number in range(1, 6)))

    assert sizes == [2, 2, 1]


async def test_each_batch_is_planned_for_the_size_of_the_table(shop, import_rows, monkeypatch):
    modes = []
    find_owners = statements.find_owners

    def plan_mode(connection):
        if connection.dialect.name == "postgresql":
            return connection.execute(text("SHOW plan_cache_mode")).scalar()
        return "force_custom_plan"  # SQLite never does otherwise

    def spy(connection, keys):
        modes.append(plan_mode(connection))
        return find_owners(connection, keys)

    monkeypatch.setattr(statements, "find_owners", spy)

    await import_rows(customer(1))

    assert modes == ["force_custom_plan"]
    if shop.container.settings.database_url.get_secret_value().startswith("postgresql"):
        assert await shop.container.units.write(plan_mode) == "auto"


async def test_an_address_of_a_customer_of_the_shop_is_refused(shop, import_rows):
    await shop.account("person.1@shop.example")

    summary, refusals = await import_rows(customer(1))

    assert summary == ImportSummary(refused=1)
    assert refusals == [Refusal(2, "DE--1", EMAIL_TAKEN)]


async def test_an_address_that_an_earlier_row_gives_up_is_free(shop, import_rows):
    await import_rows(customer(1), customer(2))

    summary, _ = await import_rows(
        customer(1, email="moved@shop.example"),
        customer(2, email="person.1@shop.example"),
        customer(3, email="person.2@shop.example"),
    )

    assert summary == ImportSummary(created=1, updated=2)
    emails = {name: row.email_key for name, row in (await stored_customers(shop)).items()}
    assert emails == {
        "DE--1": "moved@shop.example",
        "DE--2": "person.1@shop.example",
        "DE--3": "person.2@shop.example",
    }


async def test_an_anonymized_customer_is_not_revived(shop, import_rows):
    await import_rows(customer(1))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    await shop.call("DELETE", "/customers/DE--1", by=account)
    before = await all_but_events(shop)

    summary, refusals = await import_rows(customer(1))

    assert summary == ImportSummary(refused=1)
    assert refusals == [Refusal(2, "DE--1", ANONYMIZED)]
    assert await all_but_events(shop) == before


async def test_the_address_of_an_anonymized_customer_is_free(shop, import_rows):
    await import_rows(customer(1))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    await shop.call("DELETE", "/customers/DE--1", by=account)

    summary, _ = await import_rows(customer(1), customer(2, email="person.1@shop.example"))

    assert summary == ImportSummary(created=1, refused=1)


async def test_an_erasure_meanwhile_is_not_undone(shop, import_rows, monkeypatch):
    await import_rows(customer(1))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    loop, looked_up = asyncio.get_running_loop(), asyncio.Event()
    find_owners = statements.find_owners

    def find_slowly(connection, keys):
        loop.call_soon_threadsafe(looked_up.set)
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_sleep(0.2)))
        return find_owners(connection, keys)

    monkeypatch.setattr(statements, "find_owners", find_slowly)

    async def erase():
        await looked_up.wait()
        return await shop.call("DELETE", "/customers/DE--1", by=account)

    (summary, _), erased = await asyncio.gather(
        import_rows(customer(1, first_name="Grace")), erase()
    )

    assert (summary, erased.status_code) == (ImportSummary(updated=1), 204)
    (row,) = await rows(shop, CustomerRow)
    assert (row.first_name, row.registered_at) == (None, None)


async def test_a_repeated_reference_changes_what_the_earlier_row_made(shop, import_rows):
    summary, _ = await import_rows(customer(1), customer(1, first_name="Grace"))

    assert summary == ImportSummary(created=1, updated=1)
    assert (await stored_customers(shop))["DE--1"].first_name == "Grace"


async def test_a_refused_row_does_not_hide_a_good_one_with_its_reference(shop, import_rows):
    summary, _ = await import_rows(customer(1, gender="f"), customer(1), customer(1, gender="f"))

    assert summary == ImportSummary(created=1, refused=2)


async def test_a_writer_in_between_costs_the_row_it_collides_with(shop, import_rows, monkeypatch):
    await import_rows(customer(1))
    monkeypatch.setattr(statements, "find_owners", lambda *_: {})

    summary, refusals = await import_rows(
        customer(2), customer(3, email="person.1@shop.example"), customer(4)
    )

    assert summary == ImportSummary(created=2, refused=1)
    assert refusals == [Refusal(3, "DE--3", LOST_RACE)]
    assert set(await stored_customers(shop)) == {"DE--1", "DE--2", "DE--4"}


async def test_a_dry_run_tells_what_would_happen_and_writes_nothing(shop, import_rows):
    await import_rows(customer(1), customer(2), customer(3))
    before = await all_but_events(shop)

    summary, refusals = await import_rows(
        customer(1),
        customer(2, first_name="Grace"),
        customer(4),
        customer(5, email="person.1@shop.example"),
        is_dry_run=True,
    )

    assert summary == ImportSummary(created=1, updated=1, unchanged=1, refused=1)
    assert refusals == [Refusal(5, "DE--5", EMAIL_TAKEN)]
    assert await all_but_events(shop) == before


async def test_a_file_without_rows_does_nothing(import_rows):
    assert await import_rows() == (ImportSummary(), [])


async def test_a_sequence_of_references_goes_on_after_the_imported_ones(open_shop):
    shop = await open_shop(reference_strategy="sequence")
    await import_into(
        shop,
        customer(34),
        customer(7),
        customer(3, customer_reference="AT--90"),
        customer(4, customer_reference="DE--99x"),
        customer(5, customer_reference="DE--" + "9" * 19),
    )
    await import_into(shop, customer(12))

    created = await shop.register()

    assert created.json()["data"]["id"] == "DE--35"


async def test_a_sequence_that_is_further_stays(shop, import_rows):
    await import_rows(customer(34))

    await import_rows(customer(35, customer_reference="DE--33"))

    (row,) = await rows(shop, ReferenceSequenceRow)
    assert (row.prefix, row.value) == ("DE", 34)


async def test_references_that_are_not_counted_start_no_sequence(shop, import_rows):
    await import_rows(customer(1, customer_reference="DE--7K3MX0Q2VD"))

    assert await rows(shop, ReferenceSequenceRow) == []


async def test_sessions_live_on_after_an_ordinary_import(shop, import_rows):
    await import_rows(customer(1))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)

    await import_rows(customer(1, first_name="Grace"))

    assert await shop.is_logged_in(account)
    (session,) = await rows(shop, SessionRow)
    assert session.ended_at is None


async def test_keys_mailed_to_the_old_address_die_with_it(shop, import_rows):
    await import_rows(customer(1))
    await shop.call("POST", "/customer-forgotten-password", {"email": customer(1)["email"]})
    key = await shop.mailed_key()

    await import_rows(customer(1) | {"email": "another@shop.example"})

    assert (await shop.restore(key)).status_code == 422


async def test_sessions_and_counters_end_with_the_old_address(shop, import_rows):
    await import_rows(customer(1), customer(2))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    other = await shop.session("DE--2", "person.2@shop.example", PASSWORD)
    await shop.log_in("person.1@shop.example", "wrong")

    await import_rows(customer(1) | {"email": "another@shop.example"}, customer(2))

    assert not await shop.is_logged_in(account)
    assert await shop.is_logged_in(other)
    session, _ = await rows(shop, SessionRow)
    assert (session.end_reason, session.ended_at) == ("email_changed", shop.clock.now())
    subjects = {row.subject for row in await rows(shop, CounterRow)}
    assert subjects == {"person.2@shop.example", None}


async def test_an_import_that_moves_a_customer_frees_the_former_addresses(shop, import_rows):
    await import_rows(customer(1))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    await shop.move(account, "second@shop.example", PASSWORD)

    await import_rows(customer(1) | {"email": "third@shop.example"})

    assert (await shop.register(email="person.1@shop.example")).status_code == 201


async def test_keys_survive_an_import_that_keeps_the_mailbox(shop, import_rows):
    await import_rows(customer(1))
    await shop.call("POST", "/customer-forgotten-password", {"email": customer(1)["email"]})
    key = await shop.mailed_key()

    await import_rows(customer(1) | {"first_name": "Another"})

    assert (await shop.restore(key)).status_code == 204
