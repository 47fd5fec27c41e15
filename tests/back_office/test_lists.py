"""What holds for every list that has one order, and for what is no list or comes whole."""

import pytest

from customer_api.operators.scopes import Scope
from tests.shop import only_error


@pytest.fixture
async def paths(office):
    """The path of each such list, by name."""
    customer = f"/customers/{await office.customer()}"
    group = await office.call("POST", "/customer-groups", {"name": "VIP"})
    return {
        "notes": f"{customer}/notes",
        "orders": f"{customer}/orders",
        "groups": "/customer-groups",
        "members": f"/customer-groups/{group.json()['data']['id']}/customers",
        "mails": "/mails",
        "events": "/audit-events",
    }


@pytest.mark.parametrize("name", ["notes", "orders", "groups", "members", "mails", "events"])
@pytest.mark.parametrize(
    "query", ["sort=createdAt", "filter[text]=x", "count=exact", "page[offset]=5&page[limit]=5"]
)
async def test_what_a_list_does_not_have_is_refused(office, paths, name, query):
    answer = await office.call("GET", f"{paths[name]}?{query}")

    assert only_error(answer)[:2] == (400, "1203")


@pytest.mark.parametrize("name", ["notes", "orders", "groups", "members", "mails", "events"])
async def test_what_a_list_has_is_shown(office, paths, name):
    answer = await office.call("GET", f"{paths[name]}?page[size]=1&fields[notes]=text&include=x")

    assert answer.status_code == 200


WHOLE = [
    "/operators",
    "/clients",
    "/newsletter-types",
    "/event-subscriptions",
    "/customer-access",
    "/customers/{reference}",
    "/customers/{reference}/addresses",
    "/customers/{reference}/sessions",
    "/customers/{reference}/groups",
]


@pytest.mark.parametrize("path", WHOLE)
@pytest.mark.parametrize(
    "query", ["sort=name", "filter[email]=x", "page[size]=1", "page[offset]=1", "count=exact"]
)
async def test_what_comes_whole_takes_no_criteria(office, path, query):
    path = path.format(reference=await office.customer())

    refused = await office.call("GET", f"{path}?{query}")
    whole = await office.call("GET", f"{path}?sorted=name&fields[operators]=email")

    assert only_error(refused)[:2] == (400, "1203")
    assert whole.status_code == 200


@pytest.mark.parametrize("path", ["/operators", "/clients", "/event-subscriptions", "/mails"])
async def test_links_of_entries_lead_to_them_alone(office, path):
    await office.client(Scope.ORDERS_READ)
    url = {"name": "a", "url": "https://a.example/events"}
    await office.call("POST", "/event-subscriptions", url)
    await office.shop.account()

    listed = (await office.call("GET", f"{path}?x=1")).json()["data"]

    assert listed
    assert all(it["links"]["self"].endswith(f"{path}/{it['id']}") for it in listed)


@pytest.mark.parametrize("path", ["/customers/", "/operators//", "/customers/{reference}/"])
async def test_slashes_at_the_end_do_not_count(office, path):
    path = path.format(reference=await office.customer())

    answers = [await office.call("GET", it) for it in (path, path.rstrip("/"))]

    assert answers[0].status_code == 200
    assert answers[0].json() == answers[1].json()
