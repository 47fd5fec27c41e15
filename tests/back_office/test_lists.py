"""What holds for every list that has one order."""

import pytest

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
@pytest.mark.parametrize("query", ["sort=createdAt", "filter[text]=x", "count=exact"])
async def test_what_a_list_does_not_have_is_refused(office, paths, name, query):
    answer = await office.call("GET", f"{paths[name]}?{query}")

    assert only_error(answer)[:2] == (400, "1203")


@pytest.mark.parametrize("name", ["notes", "orders", "groups", "members", "mails", "events"])
async def test_what_a_list_has_is_shown(office, paths, name):
    answer = await office.call("GET", f"{paths[name]}?page[size]=1&fields[notes]=text&include=x")

    assert answer.status_code == 200
