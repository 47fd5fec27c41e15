"""What agents do in the storefront."""

from sqlalchemy import Connection

from customer_api.agents import search
from customer_api.agents.errors import ImpersonationFailed
from customer_api.agents.search import FoundCustomers
from customer_api.agents.tokens import to_pair
from customer_api.audit import repository as audit
from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.customers import repository as customers
from customer_api.customers.models import Status
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.operators.errors import OperatorLoginFailed
from customer_api.operators.logins import OperatorLogin, OperatorLogins
from customer_api.operators.models import BackOfficeUnits, Caller, CallerClaims
from customer_api.tokens.grants import Grant, Grants, TokenPair


class AgentService:
    """Logs agents in, and lets them find customers and act as them."""

    def __init__(
        self, *, units: BackOfficeUnits, clock: Clock, logins: OperatorLogins, grants: Grants
    ) -> None:
        """Set up the service; `units` hand out agents with a session for the storefront."""
        self._units = units
        self._clock = clock
        self._logins = logins
        self._grants = grants

    async def log_in(self, command: OperatorLogin) -> TokenPair:
        """Start a session of an operator who is an agent, for the storefront alone.

        Raises:
            OperatorLoginFailed: whatever is wrong, in the same time; also no agent. What lacks a name
                or a password counts as no attempt.
            TooManyAttempts: this account is blocked for this client address, or strangers to it wait.
            TooManyRequests: the address failed to log in to too many accounts.
            HashingBusy: too many logins at once.
        """
        if not command.email or not command.password:
            raise OperatorLoginFailed
        return to_pair(await self._logins.log_in(command))

    async def impersonate(self, claims: CallerClaims, reference: str) -> TokenPair:
        """Start a session in which the agent acts as a customer, as long as the agent's own lives.

        That is an audit event, and so is each use of the tokens (`tokens.live_sessions`).

        Raises:
            ImpersonationFailed: no such customer, or one who is erased or locked.
        """

        def work(connection: Connection, agent: Caller) -> Grant:
            customer = customers.lock_by_reference(connection, reference)
            if customer is None or customer.status in {Status.ANONYMIZED, Status.LOCKED}:
                raise ImpersonationFailed
            action, now = Action.CUSTOMER_IMPERSONATED, self._clock.now()
            audit.add(connection, agent.actor, action, customer.reference, now=now)
            return self._grants.start_impersonation(connection, customer, agent)

        grant = await self._units.write_as(claims, work)
        record(
            SecurityEvent.CUSTOMER_IMPERSONATED,
            reference=grant.reference,
            operator=grant.impersonator,
            session=grant.session_uuid,
        )
        return self._grants.pair(grant)

    async def search(
        self, claims: CallerClaims, text: str, *, offset: int, limit: int
    ) -> FoundCustomers:
        """Find customers (`search.find`).

        That is an audit event without what was looked for, and one more about each customer shown.
        """
        found = await self._units.read_as(
            claims, lambda it, _: search.find(it, text, offset=offset, limit=limit)
        )

        def note(connection: Connection, agent: Caller) -> None:
            action, now = Action.CUSTOMERS_LISTED, self._clock.now()
            fields = ("q",) if text else ()
            audit.add(connection, agent.actor, action, "", now=now, fields=fields)
            shown = (customer.reference for customer in found.customers)
            audit.add_each(connection, agent.actor, Action.CUSTOMER_SHOWN, shown, now=now)

        await self._units.write_as(claims, note)
        return found
