"""Every published route, by API."""

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from customer_api.api import health
from customer_api.api.back_office.deps import PREFIX as BACK_OFFICE_PREFIX
from customer_api.api.back_office.v1.access_tokens.routes import router as operator_tokens
from customer_api.api.back_office.v1.addresses.routes import router as customer_addresses
from customer_api.api.back_office.v1.audit_events.routes import router as audit_events
from customer_api.api.back_office.v1.clients.routes import router as api_clients
from customer_api.api.back_office.v1.customer_access.routes import router as guest_access
from customer_api.api.back_office.v1.customer_groups.members import router as group_members
from customer_api.api.back_office.v1.customer_groups.routes import router as groups
from customer_api.api.back_office.v1.customers.routes import router as all_customers
from customer_api.api.back_office.v1.erasures.routes import router as erasures
from customer_api.api.back_office.v1.event_subscriptions.routes import (
    router as event_subscriptions,
)
from customer_api.api.back_office.v1.events.routes import router as events
from customer_api.api.back_office.v1.mails.routes import router as mails
from customer_api.api.back_office.v1.newsletter_bounces.routes import router as newsletter_bounces
from customer_api.api.back_office.v1.newsletter_types.routes import router as managed_newsletters
from customer_api.api.back_office.v1.notes.routes import router as notes
from customer_api.api.back_office.v1.operator_passwords.routes import router as operator_passwords
from customer_api.api.back_office.v1.operators.routes import router as operators
from customer_api.api.back_office.v1.orders.routes import router as pushed_orders
from customer_api.api.back_office.v1.sessions.routes import router as customer_sessions
from customer_api.api.oauth import back_office as back_office_oauth
from customer_api.api.oauth import routes as oauth
from customer_api.api.paths import PREFIX as STOREFRONT_PREFIX
from customer_api.api.v1.access_tokens.routes import router as access_tokens
from customer_api.api.v1.addresses.routes import router as addresses
from customer_api.api.v1.agent_access_tokens.routes import router as agent_access_tokens
from customer_api.api.v1.agent_customer_impersonation_access_tokens.routes import (
    router as impersonation_tokens,
)
from customer_api.api.v1.agent_customer_search.routes import router as agent_customer_search
from customer_api.api.v1.customer_access.routes import router as customer_access
from customer_api.api.v1.customer_confirmation.routes import router as customer_confirmation
from customer_api.api.v1.customer_email_confirmation.routes import router as email_confirmation
from customer_api.api.v1.customer_email_undo.routes import router as email_undo
from customer_api.api.v1.customer_forgotten_password.routes import router as forgotten_password
from customer_api.api.v1.customer_password.routes import router as customer_password
from customer_api.api.v1.customer_password_undo.routes import router as password_undo
from customer_api.api.v1.customer_restore_password.routes import router as restore_password
from customer_api.api.v1.customers.routes import router as customers
from customer_api.api.v1.lists.routes import router as lists
from customer_api.api.v1.newsletter_confirmation.routes import (
    router as newsletter_confirmation,
)
from customer_api.api.v1.newsletter_subscriptions.routes import (
    router as newsletter_subscriptions,
)
from customer_api.api.v1.newsletter_types.routes import router as newsletter_types
from customer_api.api.v1.newsletter_unsubscription.routes import (
    router as newsletter_unsubscription,
)
from customer_api.api.v1.order_claims.routes import router as order_claims
from customer_api.api.v1.orders.routes import router as orders
from customer_api.api.v1.overview.routes import router as overview
from customer_api.api.v1.personal_data.routes import router as personal_data
from customer_api.api.v1.refresh_tokens.routes import router as refresh_tokens
from customer_api.api.v1.reorders.routes import router as reorders
from customer_api.api.v1.sessions.routes import router as sessions
from customer_api.api.v1.stores.routes import router as stores

STOREFRONT_ROUTERS: Final[tuple[APIRouter, ...]] = (
    stores,
    customers,
    addresses,
    overview,
    personal_data,
    customer_password,
    forgotten_password,
    restore_password,
    customer_confirmation,
    email_confirmation,
    email_undo,
    password_undo,
    customer_access,
    access_tokens,
    refresh_tokens,
    sessions,
    agent_access_tokens,
    impersonation_tokens,
    agent_customer_search,
    oauth.router,
    orders,
    reorders,
    order_claims,
    lists,
    newsletter_types,
    newsletter_subscriptions,
    newsletter_confirmation,
    newsletter_unsubscription,
)

BACK_OFFICE_ROUTERS: Final[tuple[APIRouter, ...]] = (
    operator_tokens,
    back_office_oauth.router,
    operators,
    operator_passwords,
    api_clients,
    all_customers,
    customer_addresses,
    customer_sessions,
    notes,
    groups,
    group_members,
    guest_access,
    pushed_orders,
    erasures,
    audit_events,
    mails,
    events,
    event_subscriptions,
    managed_newsletters,
    newsletter_bounces,
)
WITHOUT_TOKEN: Final = frozenset(
    {
        "POST /access-tokens",
        "POST /token",
        "POST /revoke",
        "POST /introspect",
        "POST /operator-passwords",
    }
)
"""The routes of the back office that take no bearer token; every other one names its scope."""


def routes_of(routers: Iterable[APIRouter]) -> list[APIRoute]:
    """Return the routes of routers, in their order."""
    return [route for router in routers for route in router.routes if isinstance(route, APIRoute)]


def _at_their_paths() -> Iterable[BaseRoute]:
    """Return every published route behind its prefix."""
    everything = APIRouter()
    for router in STOREFRONT_ROUTERS:
        everything.include_router(router, prefix=STOREFRONT_PREFIX)
    for router in BACK_OFFICE_ROUTERS:
        everything.include_router(router, prefix=BACK_OFFICE_PREFIX)
    everything.include_router(oauth.keys_router)
    everything.include_router(health.router)
    return everything.routes


PUBLISHED_ROUTES: Final = tuple(_at_their_paths())
"""What an application serves; several in one process share it, and what it prepares at a first request."""
