"""Dependencies of routes: the checks of a storefront request in their order, and the services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from typing_extensions import override

from customer_api.addresses.service import AddressService
from customer_api.anonymization.export import ExportService
from customer_api.anonymization.service import AnonymizationService
from customer_api.api import edge
from customer_api.api.auth import AccessTokenMissing, Authentication
from customer_api.api.body import parse_attributes, read_body
from customer_api.api.conditions import expected_state
from customer_api.api.locales import Locales
from customer_api.api.once import Once
from customer_api.api.paths import PREFIX
from customer_api.bootstrap import Container
from customer_api.core.errors import AppError
from customer_api.core.settings import Settings
from customer_api.core.states import ExpectedState
from customer_api.core.types import Claims
from customer_api.customers.models import ImpersonationClaims
from customer_api.customers.service import CustomerService
from customer_api.email_change.emails import EmailChangeService
from customer_api.email_change.service import ProfileChangeService
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.query import Query
from customer_api.jsonapi.validation import Fields, Violation
from customer_api.passwords.service import PasswordService
from customer_api.registration.service import RegistrationService
from customer_api.security.counters import Kind
from customer_api.tokens.service import TokenService
from customer_api.tokens.sessions import SessionService

MakeFields = Callable[[Settings], Fields]
"""Makes the field rules of one kind of request, once for each application."""

METHODS_WITH_BODY = frozenset({"POST", "PATCH"})


class ResourceIdMissing(AppError):
    """A PATCH or DELETE has an empty id somewhere in its path."""


class ValidationFailed(AppError):
    """Attributes break rules; `violations` are in the order of the contract."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        super().__init__("validation failed")
        self.violations = violations


@dataclass(frozen=True, slots=True)
class Edge:
    """What the edge needs beside the services; made by `main`, one for each application."""

    container: Container
    authentication: Authentication
    locales: Locales
    fields: Mapping[MakeFields, Fields]


@dataclass(frozen=True, slots=True)
class PublicCall:
    """A checked request that anybody may send."""

    attributes: Mapping[str, Any]
    """Declared fields that were sent, parsed; empty for requests without a body."""
    links: Links

    @property
    def query(self) -> Query:
        """The parsed query string."""
        return self.links.query


@dataclass(frozen=True, slots=True)
class CustomerCall(PublicCall):
    """A checked request of a customer; each unit of work checks the session itself."""

    claims: Claims


class Checked:
    """Runs the checks 3 to 12 of contract 1.3 in their order; those before are done by then."""

    def __init__(self, make_fields: MakeFields | None = None) -> None:
        self.make_fields = make_fields

    async def _attributes(self, request: Request) -> Mapping[str, Any]:
        target = edge.get_target(request.scope)
        attributes: Mapping[str, Any] = {}
        if request.method in METHODS_WITH_BODY:
            body = await read_body(request)
            edge.set_body(request.scope, body)
            attributes = parse_attributes(body, target.resource_type)
        if target.lacks_id:
            raise ResourceIdMissing
        return attributes

    async def _validated(
        self, request: Request, attributes: Mapping[str, Any], claims: Claims | None
    ) -> Mapping[str, Any]:
        if self.make_fields is None:
            return {}
        here = get_edge(request)
        fields = here.fields[self.make_fields]
        today = here.container.clock.now().date()
        violations = fields.violations(attributes, today=today)
        if violations:
            if claims is not None:  # an ended session is told first
                await here.container.units.read_as(claims, lambda _connection, _session: None)
            raise ValidationFailed(violations)
        return fields.parse(attributes)


class Public(Checked):
    """Dependency of routes for everybody; an `Authorization` header is not looked at.

    The shop can close a resource type to guests; then a live session is demanded. With a `limit` each
    client may call only so often.
    """

    def __init__(self, make_fields: MakeFields | None = None, *, limit: Kind | None = None) -> None:
        super().__init__(make_fields)
        self._limit = limit

    async def __call__(self, request: Request) -> PublicCall:
        """Return the checked call."""
        attributes = await self._attributes(request)
        here = get_edge(request)
        claims = None
        if await here.container.guest_access.hides(edge.get_target(request.scope).resource_type):
            claims = await here.authentication.required(request)
            await here.container.units.read_as(claims, lambda _connection, _session: None)
        values = await self._validated(request, attributes, claims)
        if self._limit is not None:
            address = edge.get_origin(request.scope).client_address
            await here.container.requests.count(self._limit, address)
        return PublicCall(values, get_links(request))


class Login(Public):
    """Dependency of the login: a blocked account is told before faults of its fields."""

    @override
    async def _validated(
        self, request: Request, attributes: Mapping[str, Any], claims: Claims | None
    ) -> Mapping[str, Any]:
        try:
            return await super()._validated(request, attributes, claims)
        except ValidationFailed:
            username = attributes.get("username")
            if isinstance(username, str):
                address = edge.get_origin(request.scope).client_address
                await get_edge(request).container.tokens.require_unblocked(username, address)
            raise


class OptionalCustomer(Checked):
    """Dependency of routes for everybody where a token that is sent must be good."""

    async def __call__(self, request: Request) -> PublicCall:
        """Return the checked call."""
        here = get_edge(request)
        claims = await here.authentication.optional(request)
        resource_type = edge.get_target(request.scope).resource_type
        if claims is None and await here.container.guest_access.hides(resource_type):
            raise AccessTokenMissing
        if claims is not None:
            await here.container.units.read_as(claims, lambda _connection, _session: None)
        return PublicCall({}, get_links(request))


class Authenticated(Checked):
    """Dependency of routes for customers, and for operators who act as one."""

    async def __call__(self, request: Request) -> CustomerCall:
        """Return the checked call."""
        attributes = await self._attributes(request)
        here = get_edge(request)
        claims = await here.authentication.required(request)
        values = await self._validated(request, attributes, claims)
        if isinstance(claims, ImpersonationClaims):
            claims = replace(claims, fields=tuple(values))
            if request.method == "GET":
                # A read cannot write the audit event of its use, so that is written before it.
                await here.container.units.write_as(claims, lambda _connection, _session: None)
                claims = replace(claims, is_noted=True)
        return CustomerCall(values, get_links(request), claims)


def get_edge(request: Request) -> Edge:
    """Return the edge of the application that serves the request."""
    here = request.app.state.edge
    assert isinstance(here, Edge)
    return here


def get_links(request: Request) -> Links:
    """Return the maker of the answer's links."""
    target = edge.get_target(request.scope)
    base = edge.get_origin(request.scope).base + PREFIX
    return Links(base, target.resource_type, target.query)


async def _container(request: Request) -> Container:
    return get_edge(request).container


async def _customers(request: Request) -> CustomerService:
    return get_edge(request).container.customers


async def _profile_changes(request: Request) -> ProfileChangeService:
    return get_edge(request).container.profile_changes


async def _email_changes(request: Request) -> EmailChangeService:
    return get_edge(request).container.email_changes


async def _addresses(request: Request) -> AddressService:
    return get_edge(request).container.addresses


async def _registration(request: Request) -> RegistrationService:
    return get_edge(request).container.registration


async def _passwords(request: Request) -> PasswordService:
    return get_edge(request).container.passwords


async def _tokens(request: Request) -> TokenService:
    return get_edge(request).container.tokens


async def _sessions(request: Request) -> SessionService:
    return get_edge(request).container.sessions


async def _anonymization(request: Request) -> AnonymizationService:
    return get_edge(request).container.anonymization


async def get_once(request: Request) -> Once:
    """Return what answers a request with an `Idempotency-Key` once.

    A key that is none is refused before everything else (docs/storefront-api.md, check-18).
    """
    once = Once(request, get_edge(request).container.idempotency)
    once.key()
    return once


async def get_expected_state(request: Request) -> ExpectedState:
    """Return the states that `If-Match` names, and `If-None-Match` leaves."""
    return expected_state(*map(request.headers.getlist, ("if-match", "if-none-match")))


async def _exports(request: Request) -> ExportService:
    return get_edge(request).container.exports


async def _locale(request: Request) -> str:
    return get_edge(request).locales.negotiate(request.headers.get("accept-language", ""))


async def _device(request: Request) -> str | None:
    return request.headers.get("user-agent")


async def _client_address(request: Request) -> str:
    return edge.get_origin(request.scope).client_address


ContainerDep = Annotated[Container, Depends(_container)]
CustomersDep = Annotated[CustomerService, Depends(_customers)]
ProfileChangesDep = Annotated[ProfileChangeService, Depends(_profile_changes)]
EmailChangesDep = Annotated[EmailChangeService, Depends(_email_changes)]
AddressesDep = Annotated[AddressService, Depends(_addresses)]
RegistrationDep = Annotated[RegistrationService, Depends(_registration)]
PasswordsDep = Annotated[PasswordService, Depends(_passwords)]
TokensDep = Annotated[TokenService, Depends(_tokens)]
SessionsDep = Annotated[SessionService, Depends(_sessions)]
AnonymizationDep = Annotated[AnonymizationService, Depends(_anonymization)]
OnceDep = Annotated[Once, Depends(get_once)]
ExpectedStateDep = Annotated[ExpectedState, Depends(get_expected_state)]
ExportDep = Annotated[ExportService, Depends(_exports)]
LocaleDep = Annotated[str, Depends(_locale)]
"""The store's locale that fits the request best, such as `de_DE`."""
ClientAddressDep = Annotated[str, Depends(_client_address)]
"""Network address of the client, behind trusted proxies the one they report."""
DeviceDep = Annotated[str | None, Depends(_device)]
"""What the client calls itself; None when it does not say."""
