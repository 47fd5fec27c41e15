"""Erasures by operators: previewed, confirmed, and proven."""

import asyncio

from sqlalchemy import select

from customer_api.addresses.models import AddressRow
from customer_api.customers.models import CustomerRow
from tests.shop import address, only_error
from tests.tables import rows

STALE = (409, "1233", "The erasure needs the confirmation of a fresh preview.")


def of(answer):
    return answer.json()["data"]


async def preview_of(office, reference):
    answer = await office.call("POST", f"/customers/{reference}/erasure-previews")
    assert answer.status_code == 201, answer.text
    return of(answer)["attributes"]


async def erase(office, reference, confirmation, **headers):
    path = f"/customers/{reference}?confirmation={confirmation}"
    return await office.call("DELETE", path, headers=headers)


async def test_a_preview_tells_what_would_go_and_changes_nothing(office):
    account = await office.shop.account()
    await office.call("POST", f"/customers/{account.reference}/addresses", address())
    before = await rows(office.shop, CustomerRow), await rows(office.shop, AddressRow)
    preview = await preview_of(office, account.reference)
    after = await rows(office.shop, CustomerRow), await rows(office.shop, AddressRow)

    assert before == after
    assert preview["erased"]["addresses"] == 1
    assert preview["erased"]["customer"] == 1
    assert preview["kept"]["customers"]["rows"] == 1
    assert "reference" in preview["kept"]["customers"]["columns"]
    assert "firstName" not in preview["kept"]["customers"]["columns"]
    assert "sessions" not in preview["kept"]
    assert preview["expiresAt"] == "2026-03-14 09:36:53.589793"
    assert await office.shop.is_logged_in(account)


async def test_a_preview_tells_what_the_receipt_then_says(office):
    account = await office.shop.account()
    preview = await preview_of(office, account.reference)
    erased = await erase(office, account.reference, preview["confirmation"])
    receipt = await office.call("GET", f"/customers/{account.reference}/erasure-receipt")
    shell = of(await office.call("GET", f"/customers/{account.reference}"))["attributes"]

    assert erased.status_code == 204
    assert of(receipt)["attributes"] == {
        "actor": "operator",
        "erasedAt": "2026-03-14 09:26:53.589793",
        "erased": preview["erased"],
    }
    assert shell["status"] == "anonymized"
    assert shell["email"].endswith("@anonymized.invalid")
    assert shell["firstName"] is None
    assert not await office.shop.is_logged_in(account)
    assert [action for action, _ in await office.trail(account.reference)] == [
        "customer.erasure_previewed",
        "customer.erased",
        "customer.erasure_read",
        "customer.read",
    ]


async def test_an_erasure_takes_the_newest_confirmation_of_this_customer(office):
    reference, other = await office.customer(), await office.customer("b@shop.example")
    old = (await preview_of(office, reference))["confirmation"]
    foreign = (await preview_of(office, other))["confirmation"]
    new = (await preview_of(office, reference))["confirmation"]
    answers = [
        await office.call("DELETE", f"/customers/{reference}"),
        *[await erase(office, reference, it) for it in ("", "nonsense", old, foreign)],
    ]
    late = await _after_ten_minutes(office, reference, new)
    still_good = await erase(office, other, (await preview_of(office, other))["confirmation"])

    assert [only_error(it) for it in (*answers, late)] == [STALE] * 6
    assert still_good.status_code == 204
    assert of(await office.call("GET", f"/customers/{reference}"))["attributes"]["firstName"]


async def _after_ten_minutes(office, reference, confirmation):
    office.shop.clock.advance(minutes=10)
    return await erase(office, reference, confirmation)


async def test_an_erasure_in_another_state_is_refused(office):
    reference = await office.customer()
    confirmation = (await preview_of(office, reference))["confirmation"]
    stale = await erase(office, reference, confirmation, **{"If-Match": '"7"'})
    erased = await erase(office, reference, confirmation, **{"If-Match": '"1"'})

    assert only_error(stale)[:2] == (412, "1232")
    assert erased.status_code == 204


async def test_an_erased_customer_cannot_be_written_to(office):
    reference = await office.customer()
    await erase(office, reference, (await preview_of(office, reference))["confirmation"])
    path = f"/customers/{reference}"
    answers = [
        await office.call("PATCH", path, {"firstName": "X"}),
        await office.call("POST", f"{path}/addresses", address()),
        await office.call("POST", f"{path}/erasure-previews"),
        await office.call("PUT", f"{path}/lock", {"reason": "r"}, resource_type="customer-locks"),
        await office.call("GET", f"{path}/personal-data"),
        await erase(office, reference, "again"),
    ]

    assert {only_error(it)[:2] for it in answers} == {(404, "1201")}


async def test_a_repeated_erasure_has_the_same_answer(office):
    reference = await office.customer()
    confirmation = (await preview_of(office, reference))["confirmation"]
    headers = {"Idempotency-Key": "one"}
    answers = [await erase(office, reference, confirmation, **headers) for _ in range(2)]

    assert [it.status_code for it in answers] == [204, 204]


async def test_one_of_many_parallel_erasures_is_done(office):
    reference = await office.customer()
    confirmation = (await preview_of(office, reference))["confirmation"]
    answers = await asyncio.gather(*(erase(office, reference, confirmation) for _ in range(8)))

    statuses = sorted(it.status_code for it in answers)
    assert statuses[0] == 204
    assert set(statuses[1:]) <= {404, 409}


async def test_there_is_no_receipt_before(office):
    answer = await office.call("GET", f"/customers/{await office.customer()}/erasure-receipt")

    assert only_error(answer) == (404, "1208", "The customer was not erased.")


async def test_personal_data_is_exported_with_a_trail(office):
    account = await office.shop.account()
    path = f"/customers/{account.reference}/personal-data"
    ours = await office.call("GET", path)
    theirs = await office.shop.call("GET", path, by=account)

    mine, yours = of(ours)["attributes"], of(theirs)["attributes"]
    assert mine["customers"] == yours["customers"]
    assert set(mine) == set(yours)
    assert ours.json()["data"]["meta"] == theirs.json()["data"]["meta"]
    assert await office.trail(account.reference) == [("customer.exported", "")]


async def test_a_search_index_forgets_an_erased_customer(office):
    reference = await office.customer("canary@shop.example", firstName="Canary")
    await erase(office, reference, (await preview_of(office, reference))["confirmation"])
    found = await office.call("GET", "/customers?q=canary&filter[customers.includeAnonymized]=true")
    keys = select(CustomerRow.first_name_key, CustomerRow.last_name_key)
    stored = await office.shop.container.units.read(lambda it: it.execute(keys).all())

    assert of(found) == []
    assert [tuple(it) for it in stored] == [("", "")]
