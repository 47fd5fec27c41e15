"""Agents look for customers."""

from functools import partial

import pytest

from customer_api.audit.models import AuditEventRow
from customer_api.core.ids import Reference
from customer_api.customers import repository as customers
from customer_api.customers.models import NewCustomer
from tests.contract.texts import ONE_DATABASE
from tests.shop import only_error
from tests.tables import rows

rule = pytest.mark.contract
BASE = "http://api.shop.example/v1/agent-customer-search"
AGENT_ONLY = (401, "4103", "Action is available to agent user only.")


@pytest.fixture
async def agent(shop):
    return await shop.agent()


async def add(shop, number, email, first_name, last_name):
    """Add a customer with the reference `DE--<number>`."""
    new = NewCustomer(
        reference=Reference(f"DE--{number}"),
        email=email,
        salutation=None,
        first_name=first_name,
        last_name=last_name,
        gender=None,
        date_of_birth=None,
        company=None,
        phone=None,
        locale=None,
        registered_at=shop.clock.now(),
    )
    now = shop.clock.now()
    return await shop.container.units.write(partial(customers.add, new=new, now=now))


@pytest.fixture
async def people(shop):
    """Six customers, the oldest first."""
    for number, person in enumerate(
        [
            ("Sonia@acme.example", "Sonia", "Wagner"),
            ("m1@shop.example", "Émile", "MÜLLER"),
            ("m2@shop.example", "Öztürk", "Müller"),
            ("m3@shop.example", "Людмила", "Ёлкина"),
            ("100%_real@shop.example", "O'Hara", "under_score"),
            ("nameless@shop.example", None, None),
        ],
        start=1,
    ):
        await add(shop, number, *person)


async def search(shop, agent, query=""):
    answer = await shop.call("GET", f"/agent-customer-search{query}", by=agent)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def found(shop, agent, text):
    answer = await shop.client.get(
        "/agent-customer-search", params={"q": text}, headers=agent.headers
    )
    (data,) = answer.json()["data"]
    return [it["customerReference"] for it in data["attributes"]["customers"]]


@rule("agent-18", "agent-19", "doc-4", "doc-5")
@pytest.mark.parametrize("header", ["Authorization", "X-Agent-Authorization"])
@pytest.mark.promise("S60")
async def test_an_agent_finds_customers(shop, agent, people, header):
    headers = {header: f"Bearer {agent.access_token}"}

    answer = await shop.call("GET", "/agent-customer-search?q=sonia@acme", headers=headers)

    assert answer.status_code == 200
    assert answer.json() == {
        "data": [
            {
                "type": "agent-customer-search",
                "id": None,
                "attributes": {
                    "customers": [
                        {
                            "customerReference": "DE--1",
                            "email": "Sonia@acme.example",
                            "firstName": "Sonia",
                            "lastName": "Wagner",
                        }
                    ]
                },
                "links": {"self": f"{BASE}?q=sonia@acme"},
            }
        ],
        "links": {
            "self": f"{BASE}?q=sonia@acme",
            "last": f"{BASE}?q=sonia@acme&page[offset]=0&page[limit]=10",
            "first": f"{BASE}?q=sonia@acme&page[offset]=0&page[limit]=10",
        },
    }


@rule("agent-20")
@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("SONIA", "1"),
        ("onia", "1"),
        ("agne", "1"),
        ("ACME.", "1"),
        ("DE--2", "2"),
        ("DE--", ""),
        ("de--2", ""),
        ("\u00b4", ""),
        ("müller", "23"),
        ("MÜLLER", "23"),
        ("mÜlleR", "23"),
        ("mu\u0308ller", "23"),
        ("émile", "2"),
        ("ÖZTÜRK", "3"),
        ("öztürk", "3"),
        ("ЛЮД", "4"),
        ("ёлк", "4"),
        ("%", "5"),
        ("_", "5"),
        ("/", ""),
        ("'", "5"),
        ("\\", ""),
        ("o'ha", "5"),
        ("under_score", "5"),
        ('o"hara', ""),
        ("hara\\", ""),
        ("% _real", ""),
        ("m1@shop.example", "2"),
        ("2@shop", "3"),
        ("wag ner", ""),
        ("", "123456"),
        ("  ", "123456"),
        (" sonia ", "1"),
        ("nameless", "6"),
        ("None", ""),
        ("nobody at all", ""),
        ("x" * 400, ""),
        ("".join(map(chr, range(0x430, 0x450))), ""),
    ],
)
async def test_what_contains_the_text_is_found_whatever_its_case(
    shop, agent, people, text, numbers
):
    assert await found(shop, agent, text) == [f"DE--{number}" for number in numbers]


@rule("agent-20")
async def test_a_deleted_customer_is_not_found(shop, agent):
    ada = await shop.account()
    assert await found(shop, agent, "ada@") == [ada.reference]
    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert await found(shop, agent, ada.reference) == []
    assert await found(shop, agent, "") == []


@rule("agent-21", "query-5")
async def test_without_a_match_there_is_one_empty_answer(shop, agent):
    answer = await search(shop, agent, "?q=nobody&page[offset]=0&page[limit]=5")

    (data,) = answer["data"]
    assert data["attributes"] == {"customers": []}
    assert answer["links"] == {"self": f"{BASE}?q=nobody&page[offset]=0&page[limit]=5"}


@rule("agent-21", "query-6", "query-4", "link-5")
async def test_pages_follow_each_other_by_their_links(shop, agent, people):
    seen, query = [], "?q=shop&page[offset]=0&page[limit]=2"
    while query:
        answer = await search(shop, agent, query)
        assert answer["links"]["self"] == BASE + query
        seen += [it["customerReference"] for it in answer["data"][0]["attributes"]["customers"]]
        query = answer["links"].get("next", "").removeprefix(BASE)

    assert seen == ["DE--2", "DE--3", "DE--4", "DE--5", "DE--6"]
    assert list(answer["links"]) == ["self", "last", "first", "prev"]
    assert answer["links"]["prev"] == f"{BASE}?q=shop&page[offset]=2&page[limit]=2"
    assert answer["links"]["last"] == f"{BASE}?q=shop&page[offset]=4&page[limit]=2"


@rule("agent-21")
async def test_ten_are_shown_when_no_page_is_asked_for(shop, agent):
    for number in range(11):
        await add(shop, number, f"{number}@shop.example", "Ada", "Example")

    for query in ("", "?page[offset]=5", "?page[limit]=5"):
        answer = await search(shop, agent, query)
        shown = answer["data"][0]["attributes"]["customers"]
        assert len(shown) == 10
        assert list(answer["links"]) == ["self", "last", "first", "next"]
        assert answer["links"]["next"] == f"{BASE}?page[offset]=10&page[limit]=10"


@rule("agent-21")
async def test_no_more_than_a_hundred_are_shown(shop, agent, people):
    answer = await search(shop, agent, "?page[offset]=0&page[limit]=1000000")

    assert answer["links"]["first"] == f"{BASE}?page[offset]=0&page[limit]=100"
    assert answer["links"]["self"] == f"{BASE}?page[offset]=0&page[limit]=1000000"


@ONE_DATABASE
@rule("agent-18", "err-4103", "check-1")
async def test_nobody_else_can_search(shop):
    ada = await shop.account()
    acting = await shop.impersonate(ada)

    answers = [
        await shop.call("GET", "/agent-customer-search?q=ada"),
        await shop.call("GET", "/agent-customer-search?q=ada", by=ada),
        await shop.call("GET", "/agent-customer-search?q=ada", by=acting),
    ]
    paged = await shop.call("GET", "/agent-customer-search?page[limit]=0", by=ada)

    assert [only_error(it) for it in answers] == [AGENT_ONLY] * 3
    assert only_error(paged) == (400, None, "Pagination parameters are invalid.")


@rule("agent-22")
@pytest.mark.promise("S60")
async def test_a_search_is_an_audit_event_without_what_was_looked_for(shop, agent, people):
    await search(shop, agent, "?q=sonia")
    await search(shop, agent, "?q=nobody")
    await search(shop, agent)

    listed = [it for it in await rows(shop, AuditEventRow) if it.action == "customer.listed"]
    assert [(it.actor, it.subject) for it in listed] == [(agent.reference, "")] * 3
    assert [it.fields for it in listed] == ["q", "q", ""]
    assert "sonia" not in str(listed)


@rule("agent-22")
async def test_each_customer_on_the_page_is_an_audit_event(shop, agent, people):
    await search(shop, agent, "?q=sonia")
    await search(shop, agent, "?q=nobody")
    await search(shop, agent, "?page[offset]=4&page[limit]=1")

    events = [it for it in await rows(shop, AuditEventRow) if it.action != "operator.created"]
    assert [(it.action, it.subject) for it in events] == [
        ("customer.listed", ""),
        ("customer.shown", "DE--1"),
        ("customer.listed", ""),
        ("customer.listed", ""),
        ("customer.shown", "DE--5"),
    ]
    assert {(it.actor, it.fields) for it in events if it.subject} == {(agent.reference, "")}
