"""What a customer does, as things that may be hit by a fault: prepared, done, done again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.order_system import store
from tests.shop import OTHER_PASSWORD, Account, Shop, address, registration

Prepared = Any
"""What `prepare` hands to `act`: nothing, a key or an account; it can be pickled."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One request that writes."""

    prepare: Callable[[Shop, str], Awaitable[Prepared]]
    """Make what the request needs, for a new customer with this address."""
    act: Callable[[Shop, str, Prepared], Awaitable[httpx.Response]]
    success: int
    repeated: int
    """Status of the same request once it was done; what a client sees whose answer was lost."""


async def _nothing(_shop: Shop, _email: str) -> None:
    """Prepare nothing."""


async def _registered_key(shop: Shop, email: str) -> str:
    assert (await shop.register(email=email)).status_code == 201
    return await shop.mailed_key()


async def _restore_key(shop: Shop, email: str) -> str:
    await shop.account(email)
    await shop.call("POST", "/customer-forgotten-password", {"email": email})
    return await shop.mailed_key()


async def _account(shop: Shop, email: str) -> Account:
    return await shop.account(email)


async def _account_with_address(shop: Shop, email: str) -> tuple[Account, str]:
    ada = await shop.account(email, phone="+49 30 123456")
    path = f"/customers/{ada.reference}/addresses"
    added = await shop.call("POST", path, address(isDefaultBilling=True), by=ada)
    return ada, added.json()["data"]["id"]


async def _register(shop: Shop, email: str, _prepared: Prepared) -> httpx.Response:
    return await shop.call("POST", "/customers", registration(email=email))


async def _confirm(shop: Shop, _email: str, key: Prepared) -> httpx.Response:
    return await shop.confirm(key)


async def _restore(shop: Shop, _email: str, key: Prepared) -> httpx.Response:
    return await shop.restore(key)


async def _change_password(shop: Shop, _email: str, ada: Prepared) -> httpx.Response:
    attributes = {
        "password": ada.password,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    return await shop.call("PATCH", f"/customer-password/{ada.reference}", attributes, by=ada)


async def _add_address(shop: Shop, _email: str, ada: Prepared) -> httpx.Response:
    attributes = address(isDefaultShipping=True, isDefaultBilling=True)
    return await shop.call("POST", f"/customers/{ada.reference}/addresses", attributes, by=ada)


async def _change_address(shop: Shop, _email: str, prepared: Prepared) -> httpx.Response:
    ada, id_ = prepared
    attributes = {"city": "Hamburg", "isDefaultShipping": True}
    return await shop.call(
        "PATCH", f"/customers/{ada.reference}/addresses/{id_}", attributes, by=ada
    )


async def _refresh(shop: Shop, _email: str, ada: Prepared) -> httpx.Response:
    return await shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token})


async def _account_with_agent(shop: Shop, email: str) -> tuple[Account, Account]:
    return await shop.account(email), await shop.agent(f"agent-of-{email}")


async def _impersonated(shop: Shop, email: str) -> Account:
    return await shop.impersonate(await shop.account(email))


async def _impersonate(shop: Shop, _email: str, prepared: Prepared) -> httpx.Response:
    ada, agent = prepared
    path = "/agent-customer-impersonation-access-tokens"
    return await shop.call("POST", path, {"customerReference": ada.reference}, by=agent)


async def _account_of_a_guest(shop: Shop, email: str) -> Account:
    ada = await shop.account(email)
    await store(shop, f"O-{ada.reference}", guestEmail=email)
    return ada


async def _claim(shop: Shop, _email: str, ada: Prepared) -> httpx.Response:
    return await shop.call("POST", f"/customers/{ada.reference}/order-claims", {}, by=ada)


async def _account_with_order(shop: Shop, email: str) -> Account:
    ada = await shop.account(email)
    await store(shop, f"O-{ada.reference}", of=ada)
    return ada


async def _reorder(shop: Shop, _email: str, ada: Prepared) -> httpx.Response:
    return await shop.call("POST", f"/orders/O-{ada.reference}/reorders", {}, by=ada)


async def _erase(shop: Shop, _email: str, prepared: Prepared) -> httpx.Response:
    ada, _ = prepared
    return await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)


FLOWS = {
    "registration": Flow(_nothing, _register, success=201, repeated=422),
    "confirmation": Flow(_registered_key, _confirm, success=204, repeated=422),
    "restore": Flow(_restore_key, _restore, success=204, repeated=422),
    "password change": Flow(_account, _change_password, success=204, repeated=400),
    "new address": Flow(_account, _add_address, success=201, repeated=201),
    "changed address": Flow(_account_with_address, _change_address, success=200, repeated=200),
    "refresh": Flow(_account, _refresh, success=201, repeated=201),
    "impersonation": Flow(_account_with_agent, _impersonate, success=201, repeated=201),
    "impersonated address": Flow(_impersonated, _add_address, success=201, repeated=201),
    "claim of orders": Flow(_account_of_a_guest, _claim, success=201, repeated=201),
    "reorder": Flow(_account_with_order, _reorder, success=201, repeated=201),
    "erasure": Flow(_account_with_address, _erase, success=204, repeated=401),
}
