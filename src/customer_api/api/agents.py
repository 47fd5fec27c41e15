"""Dependencies of the agents' routes in the storefront; their attributes follow no rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from typing_extensions import override

from customer_api.agents.service import AgentService
from customer_api.agents.tokens import StorefrontRefreshes
from customer_api.api.deps import Checked, Public, PublicCall, get_edge, get_links
from customer_api.core.types import Claims, JsonObject
from customer_api.operators.models import CallerClaims


@dataclass(frozen=True, slots=True)
class AgentCall(PublicCall):
    """A checked request of an agent; each unit of work checks the session itself."""

    claims: CallerClaims


class AgentOnly(Checked):
    """Dependency of routes for agents."""

    async def __call__(self, request: Request) -> AgentCall:
        """Return the checked call."""
        attributes = await self._attributes(request)
        claims = await get_edge(request).authentication.agent(request)
        return AgentCall(texts(attributes), get_links(request), claims)


class Unvalidated(Public):
    """Dependency of the agents' login: whatever was sent, only the login itself refuses it."""

    @override
    async def _validated(
        self, request: Request, attributes: Mapping[str, Any], claims: Claims | None
    ) -> Mapping[str, Any]:
        return texts(attributes)


def texts(attributes: JsonObject) -> Mapping[str, str]:
    """Return the attributes that are texts; what is of another type was not sent, so to speak."""
    return {name: value for name, value in attributes.items() if isinstance(value, str)}


async def _agents(request: Request) -> AgentService:
    return get_edge(request).container.agents.service


async def _refreshes(request: Request) -> StorefrontRefreshes:
    return get_edge(request).container.agents.refreshes


RefreshesDep = Annotated[StorefrontRefreshes, Depends(_refreshes)]
AgentsDep = Annotated[AgentService, Depends(_agents)]
