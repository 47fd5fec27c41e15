"""A shop with an administrator, who can take from agents what they have."""

import pytest

from customer_api.operators.scopes import Role
from tests.back_office.conftest import ROOT, Office
from tests.shop import Shop


@pytest.fixture
async def office(shop: Shop) -> Office:
    """The back office of the shop, with an administrator who is logged in."""
    office = Office(shop)
    await office.operator(ROOT, Role.ADMINISTRATOR)
    office.token = await office.token_of(ROOT)
    return office
