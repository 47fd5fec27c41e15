"""Dependencies of back-office routes: who calls, what for, and the services.

A route names the scope it takes; one that names none stops the start of the program.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request

from customer_api.api import edge
from customer_api.api.auth import AccessTokenMissing
from customer_api.api.back_office import listing
from customer_api.api.body import BODY_LIMIT_BYTES, parse_attributes, read_body
from customer_api.api.deps import MakeFields, ValidationFailed, get_edge
from customer_api.api.once import Once
from customer_api.audit.models import Action
from customer_api.audit.trail import AuditTrail
from customer_api.bootstrap import BackOffice, CustomerCare
from customer_api.core.errors import AppError
from customer_api.core.types import JsonObject
from customer_api.groups.service import GroupService
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.query import Query, parse_query
from customer_api.newsletter.managing import NewsletterManagement
from customer_api.operators.clients import ApiClientService
from customer_api.operators.event_access import EventAccess
from customer_api.operators.models import CallerClaims
from customer_api.operators.outbox_access import OutboxAccess
from customer_api.operators.passwords import OperatorPasswords
from customer_api.operators.scopes import Scope
from customer_api.operators.service import OperatorService
from customer_api.security.counters import Kind
from customer_api.security.jwt import AccessTokens, TokenMalformed

PREFIX: Final = "/back-office/v1"


class PathUnknown(AppError):
    """An id in the path has a NUL character, which no id has and PostgreSQL does not even look for."""


@dataclass(frozen=True, slots=True)
class Call:
    """A checked request that anybody may send."""

    attributes: Mapping[str, Any]
    """Declared fields that were sent, parsed; empty for requests without a body."""
    links: Links

    @property
    def query(self) -> Query:
        """The parsed query string."""
        return self.links.query


@dataclass(frozen=True, slots=True)
class CallerCall(Call):
    """A checked request of an operator or client; each unit of work checks session and scope."""

    claims: CallerClaims


class Anonymous:
    """Dependency of the few routes that take no token. With a `limit` each client calls only so often."""

    def __init__(
        self, resource_type: str, make_fields: MakeFields, *, limit: Kind | None = None
    ) -> None:
        self.resource_type = resource_type
        self.make_fields = make_fields
        self._limit = limit

    async def __call__(self, request: Request) -> Call:
        """Return the checked call."""
        links = _links(request, self.resource_type)
        attributes = await _attributes(request, self.resource_type, BODY_LIMIT_BYTES)
        values = _parsed(request, self.make_fields, attributes)
        if self._limit is not None:
            address = edge.get_origin(request.scope).client_address
            await get_edge(request).container.requests.count(self._limit, address)
        return Call(values, links)


class Operated:
    """Dependency of all other routes: the caller has a live session, and the scope at this moment."""

    def __init__(
        self,
        scope: Scope,
        resource_type: str,
        make_fields: MakeFields | None = None,
        *,
        action: Action | None = None,
        noted: Collection[str] = (),
        included: Collection[str] = (),
        body_limit_bytes: int = BODY_LIMIT_BYTES,
    ) -> None:
        """Set up the check.

        Routes about customers name the `action` of their audit events, which list the fields of the
        body that were sent, or those parameters of the query that are among the `noted` ones, and
        those of the `included` relationships that were asked for: names that callers make up are not
        kept.
        """
        self.scope = scope
        self.resource_type = resource_type
        self.make_fields = make_fields
        self.action = action
        self._noted = frozenset(noted)
        self.included = frozenset(included)
        self._body_limit_bytes = body_limit_bytes

    async def __call__(self, request: Request) -> CallerCall:
        """Return the checked call; who may not call learns nothing else about the request."""
        claims = replace(_claims(request, self.scope), action=self.action)
        try:
            _require_storable_ids(request)
            links = _links(request, self.resource_type)
            if not listing.is_listed(request.scope["route"]):
                listing.refuse_criteria(links.query)
            values: JsonObject = {}
            if self.make_fields is not None:
                attributes = await _attributes(request, self.resource_type, self._body_limit_bytes)
                values = _parsed(request, self.make_fields, attributes)
        except AppError:
            units = get_edge(request).container.back_office.units
            await units.read_as(claims, lambda _connection, _caller: None)
            raise
        named = values.keys() | (links.query.parameters.keys() & self._noted)
        named |= self.included.intersection(links.query.include)
        return CallerCall(values, links, replace(claims, fields=tuple(sorted(named))))


def require_scopes(routes: Sequence[APIRoute], *, without_token: frozenset[str]) -> None:
    """Raise when a route neither names a scope nor is one of the few that take no token.

    A route about one customer also names the action of its audit events.

    Raises:
        RuntimeError: names the routes.
    """
    open_routes = sorted(
        f"{method} {route.path}"
        for route in routes
        for method in route.methods or ()
        if scope_of(route) is None and f"{method} {route.path}" not in without_token
    )
    if open_routes:
        raise RuntimeError(f"routes without a scope: {', '.join(open_routes)}")
    unseen = [
        route.path for route in routes if "{reference}" in route.path and not _action_of(route)
    ]
    if unseen:
        raise RuntimeError(f"routes about customers without an action: {', '.join(unseen)}")


def checks_of(route: APIRoute) -> Operated | Anonymous | None:
    """Return the check of a route."""
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, Operated | Anonymous):
            return dependency.call
    return None


def _action_of(route: APIRoute) -> Action | None:
    checks = checks_of(route)
    return checks.action if isinstance(checks, Operated) else None


def scope_of(route: APIRoute) -> Scope | None:
    """Return the scope that a route takes."""
    checks = checks_of(route)
    return checks.scope if isinstance(checks, Operated) else None


def bearer_token(request: Request) -> str:
    """Return the bearer token of a request.

    Raises:
        AccessTokenMissing: no `Authorization` header.
        TokenMalformed: a header of another form, or two of them.
    """
    values = request.headers.getlist("authorization")
    if not values or not values[0].strip():
        raise AccessTokenMissing
    scheme, _, token = values[0].strip().partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise TokenMalformed
    return token.strip()


def _claims(request: Request, scope: Scope) -> CallerClaims:
    tokens: AccessTokens = get_edge(request).container.back_office.access_tokens
    verified = tokens.verify(bearer_token(request))
    return CallerClaims(
        session=verified.session,
        reference=verified.subject,
        token_id=verified.token_id,
        scope=scope,
        request_id=edge.get_request_id(request.scope),
        customer=request.path_params.get("reference"),
    )


def _require_storable_ids(request: Request) -> None:
    if any("\x00" in value for value in request.path_params.values()):
        raise PathUnknown


def _links(request: Request, resource_type: str) -> Links:
    base = edge.get_origin(request.scope).base + PREFIX
    return Links(base, resource_type, parse_query(request.scope["query_string"]))


async def _attributes(request: Request, resource_type: str, limit_bytes: int) -> JsonObject:
    body = await read_body(request, limit_bytes)
    edge.set_body(request.scope, body)
    return parse_attributes(body, resource_type)


def _parsed(request: Request, make_fields: MakeFields, attributes: JsonObject) -> JsonObject:
    here = get_edge(request)
    fields = here.fields[make_fields]
    violations = fields.violations(attributes, today=here.container.clock.now().date())
    if violations:
        raise ValidationFailed(violations)
    return fields.parse(attributes)


async def _back_office(request: Request) -> BackOffice:
    return get_edge(request).container.back_office


async def _customer_care(request: Request) -> CustomerCare:
    return get_edge(request).container.back_office.customers


async def _operator_passwords(request: Request) -> OperatorPasswords:
    return get_edge(request).container.back_office.operator_passwords


async def _operators(request: Request) -> OperatorService:
    return get_edge(request).container.back_office.operators


async def _clients(request: Request) -> ApiClientService:
    return get_edge(request).container.back_office.clients


async def _groups(request: Request) -> GroupService:
    return get_edge(request).container.back_office.groups


async def _audit_trail(request: Request) -> AuditTrail:
    return get_edge(request).container.back_office.audit_trail


async def _outbox(request: Request) -> OutboxAccess:
    return get_edge(request).container.back_office.outbox


async def _newsletters(request: Request) -> NewsletterManagement:
    return get_edge(request).container.back_office.newsletters


async def _events(request: Request) -> EventAccess:
    return get_edge(request).container.back_office.events


async def get_once(request: Request) -> Once:
    """Return what answers a request with an `Idempotency-Key` once."""
    return Once(request, get_edge(request).container.back_office.idempotency)


async def get_customer_once(request: Request) -> Once:
    """Return the same for a request about one customer, with whom the answer is erased."""
    return Once(request, get_edge(request).container.back_office.customers.idempotency)


OnceDep = Annotated[Once, Depends(get_once)]
CustomerOnceDep = Annotated[Once, Depends(get_customer_once)]
BackOfficeDep = Annotated[BackOffice, Depends(_back_office)]
CustomerCareDep = Annotated[CustomerCare, Depends(_customer_care)]
OperatorPasswordsDep = Annotated[OperatorPasswords, Depends(_operator_passwords)]
OperatorsDep = Annotated[OperatorService, Depends(_operators)]
GroupsDep = Annotated[GroupService, Depends(_groups)]
OutboxAccessDep = Annotated[OutboxAccess, Depends(_outbox)]
EventAccessDep = Annotated[EventAccess, Depends(_events)]
NewslettersDep = Annotated[NewsletterManagement, Depends(_newsletters)]
AuditTrailDep = Annotated[AuditTrail, Depends(_audit_trail)]
ApiClientsDep = Annotated[ApiClientService, Depends(_clients)]
