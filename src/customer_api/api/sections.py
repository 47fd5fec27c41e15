"""The services behind the sections of a customer's account, as dependencies of routes."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from customer_api.api.deps import get_edge
from customer_api.bootstrap import OwnOrders
from customer_api.profiles.account import AccountService


async def _orders(request: Request) -> OwnOrders:
    return get_edge(request).container.orders


async def _accounts(request: Request) -> AccountService:
    return get_edge(request).container.accounts


OwnOrdersDep = Annotated[OwnOrders, Depends(_orders)]
AccountsDep = Annotated[AccountService, Depends(_accounts)]
