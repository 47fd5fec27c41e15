"""Who can register as whom: spellings, malformed addresses, attributes that nobody may set."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import event
from sqlalchemy.util import await_only

from customer_api.core.db import PostgresUnits
from customer_api.customers.models import CustomerRow
from customer_api.mail.models import MailRow
from customer_api.registration.models import RegistrationRow
from tests.contract.texts import ONE_DATABASE
from tests.shop import OTHER_PASSWORD, registration
from tests.tables import connect, rows

promise = pytest.mark.promise


def codes(response):
    return {(response.status_code, error.get("code")) for error in response.json()["errors"]}


def pause_once(shop, statement_start, action):
    """Let something happen just before the next statement that starts so is carried out.

    SQLite's only writer has the lock by then, so there the action is started and not waited for.
    """
    units, loop = shop.container.units, asyncio.get_running_loop()
    is_postgres = isinstance(units, PostgresUnits)
    engine = units._writing if is_postgres else units._writer._engine  # noqa: SLF001 - events need the engine

    paused = []

    def before(_connection, _cursor, statement, *_rest):
        if statement.startswith(statement_start) and not paused:
            paused.append(statement)
            if is_postgres:
                await_only(action())
            else:
                asyncio.run_coroutine_threadsafe(start(action), loop).result(10)

    event.listen(engine, "before_cursor_execute", before)


async def start(action):
    """Start an action and let it come as far as it comes without waiting."""
    running = asyncio.ensure_future(action())
    running.add_done_callback(asyncio.Task.result)  # holds it, and tells of its failure
    for _ in range(50):
        await asyncio.sleep(0)


@promise("S02", "G5")
async def test_the_unique_index_decides_between_a_check_and_an_insert(open_shop):
    shop, other = await open_shop(), await open_shop()
    for each in (shop, other):
        await connect(each)
    answers = asyncio.Queue()

    async def overtake():
        await answers.put(await other.register(email="ADA@shop.example", firstName="Second"))

    pause_once(shop, "INSERT INTO customers", overtake)

    answer = await shop.register()
    overtaking = await answers.get()

    (row,) = await rows(shop, CustomerRow)
    statuses = {answer.status_code: "Ada", overtaking.status_code: "Second"}
    assert sorted(statuses) == [201, 422]
    assert row.first_name == statuses[201]
    assert Counter(row.template for row in await rows(shop, MailRow)) == {
        "registration_confirmation": 1
    }


@promise("S03", "G5")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ada@bücher.example", "ada@bu\N{COMBINING DIAERESIS}cher.example"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("Ada@shop.example", "ada@\N{LATIN SMALL LETTER LONG S}hop.example"),
        ("ada@kshop.example", "ada@\N{KELVIN SIGN}shop.example"),
        ("ada@shop.example", "ada@\N{FULLWIDTH LATIN SMALL LETTER S}hop.example"),
    ],
)
async def test_one_mailbox_has_one_account_in_any_spelling(shop, first, second):
    await shop.register(email=first)
    shop.clock.advance(minutes=1)

    refused = await shop.register(email=second)

    (row,) = await rows(shop, CustomerRow)
    assert codes(refused) <= {(422, "400"), (422, "901")}
    assert row.email == first
    assert len({mail["To"] for mail in await shop.mails()}) == 1


@ONE_DATABASE
@promise("S03")
@pytest.mark.parametrize(
    "local",
    [
        "\N{LATIN SMALL LETTER LONG S}",
        "\N{KELVIN SIGN}",
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}",
        "\N{FULLWIDTH LATIN SMALL LETTER A}",
        "ü",
        "u\N{COMBINING DIAERESIS}",
    ],
)
async def test_local_parts_are_ascii(shop, local):
    assert codes(await shop.register(email=f"{local}@shop.example")) == {(422, "901")}
    assert await rows(shop, CustomerRow) == []


@promise("S03")
async def test_mail_goes_to_the_spelling_of_the_owner(shop):
    account = await shop.account("Ada@Bücher.example")

    await shop.call("POST", "/customer-forgotten-password", {"email": "ada@xn--bcher-kva.example"})

    (row,) = await rows(shop, CustomerRow)
    assert {mail["To"] for mail in await shop.mails()} == {"Ada@xn--bcher-kva.example"}
    assert row.email == account.email == "Ada@Bücher.example"


@ONE_DATABASE
@promise("S05")
@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ('"Foo <a@b.example>"', (422, "901")),
        ("Foo <a@b.example>", (422, "901")),
        ("ada@shop.example ", (422, "901")),
        ("ada@shop.example\r\nBcc: eve@shop.example", (422, "901")),
        ("ada@shop.example\0", (400, None)),
        ('"a b"@shop.example', (422, "901")),
        ("ada@[192.0.2.1]", (422, "901")),
        ("a" * 65 + "@shop.example", (422, "901")),
        ("a@" + "b" * 60 + "." + "c" * 60 + ".example", (422, "417")),
        ("a@" + ".".join(["b" * 60] * 4) + ".example", (422, "417")),
        ("a" * 64 + "@" + ".".join(["b" * 60] * 5) + ".example", (422, "901")),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b@shop.example", (422, "901")),
        ("ada@sh\N{RIGHT-TO-LEFT OVERRIDE}op.example", (422, "901")),
        ("a\N{ZERO WIDTH SPACE}da@shop.example", (422, "901")),
        ("ada@sh\N{ZERO WIDTH SPACE}op.example", (422, "901")),
    ],
)
async def test_malformed_addresses_are_refused_and_leave_nothing(shop, email, expected):
    response = await shop.register(email=email)

    assert codes(response) == {expected}
    assert await rows(shop, CustomerRow) == []
    assert await rows(shop, MailRow) == []


@promise("S06")
async def test_attributes_that_nobody_may_set_are_ignored(shop):
    forged = {
        "customerReference": "DE--1",
        "reference": "DE--1",
        "registered": "2020-01-01",
        "registeredAt": "2020-01-01",
        "createdAt": "2020-01-01 00:00:00.000000",
        "roles": ["administrator"],
        "isActive": True,
        "id": 1,
        "version": 99,
        "locale": "xx_XX",
    }
    data = {
        "type": "customers",
        "id": "DE--1",
        "attributes": registration() | forged,
        "relationships": {"addresses": {"data": []}},
    }

    response = await shop.client.post("/customers", json={"data": data})

    (row,) = await rows(shop, CustomerRow)
    assert response.status_code == 201
    assert row.reference == response.json()["data"]["id"] != "DE--1"
    assert (row.registered_at, row.version, row.locale) == (None, 1, "en_US")
    assert row.created_at == shop.clock.now()
    assert not forged.keys() - {"createdAt"} & response.json()["data"]["attributes"].keys()
    assert (await shop.log_in()).status_code == 401


@ONE_DATABASE
@promise("S07")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": "addresses"}, (400, None)),
        ({"type": 5}, (400, None)),
        ({"type": ["customers"]}, (400, None)),
        ({"attributes": "email"}, (400, None)),
        ({"attributes": ["email"]}, (400, None)),
        ({"attributes": registration(acceptedTerms="true")}, (422, "901")),
        ({"attributes": registration(firstName=5)}, (422, "901")),
        ({"attributes": registration(email={"a": "b"})}, (422, "901")),
        ({"attributes": registration(password=["x"])}, (422, "901")),
    ],
)
async def test_values_of_another_type_are_refused(shop, change, expected):
    data = {"type": "customers", "attributes": registration()} | change

    response = await shop.client.post("/customers", json={"data": data})

    assert codes(response) == {expected}
    assert await rows(shop, CustomerRow) == []


@ONE_DATABASE
@promise("S07")
@pytest.mark.parametrize("data", [[{"type": "customers"}], "customers", None, 5])
async def test_data_must_be_an_object(shop, data):
    response = await shop.client.post("/customers", json={"data": data})

    assert codes(response) == {(400, None)}


@promise("S10")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"acceptedTerms": False}, (422, "901")),
        ({"confirmPassword": OTHER_PASSWORD}, (422, "406")),
    ],
)
async def test_terms_and_the_repeated_password_are_needed(shop, changes, expected):
    response = await shop.call("POST", "/customers", registration() | changes)

    assert codes(response) == {expected}
    assert await rows(shop, CustomerRow) == []
    assert await rows(shop, RegistrationRow) == []
