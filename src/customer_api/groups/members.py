"""Who is in which group: several customers at a time, all of them or none."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Acting, Action, Actor
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import CustomerId
from customer_api.core.keyset import CursorPage, Part
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.customers.errors import CustomersUnknown
from customer_api.customers.models import CustomerUnits
from customer_api.groups import member_repository, repository
from customer_api.groups.errors import NotMembers
from customer_api.groups.models import Group, Member
from customer_api.groups.service import GroupUnits, existing


class MemberService:
    """Keeps the members of groups.

    A call leaves one audit event about the group, by its uuid, and one about each customer who
    joins or leaves, by reference; all have the id of the request, so either leads to the other.

    Raises (all methods that take a uuid):
        GroupNotFound: there is no group with this id.
    """

    def __init__(self, *, units: GroupUnits, of_customer: CustomerUnits, clock: Clock) -> None:
        self._units = units
        self._of_customer = of_customer
        self._clock = clock

    async def groups(self, claims: Claims) -> tuple[Group, ...]:
        """Return the groups of the customer to whom there is access, by name."""
        return await self._of_customer.read_as(
            claims, lambda it, access: repository.list_of_customer(it, access.customer.id)
        )

    async def list_page(self, claims: Claims, uuid: str, page: CursorPage) -> Part[Member]:
        """Return a page of a group's members, the oldest account first; cursors are references.

        Raises:
            CursorUnknown: no customer has the reference.
        """

        def work(connection: Connection, acting: Acting) -> tuple[Part[Member], Actor]:
            group = existing(repository.find(connection, uuid))
            return member_repository.list_page(connection, group.id, page), acting.actor

        found, actor = await self._units.read_as(claims, work)
        now = self._clock.now()
        await self._units.write(
            lambda it: audit.add(it, actor, Action.GROUP_MEMBERS_READ, uuid, now=now)
        )
        return found

    async def add(
        self,
        claims: Claims,
        uuid: str,
        references: Sequence[str],
        *,
        keep: Keep[None] = keep_nothing,
    ) -> None:
        """Add customers; those who are members stay it, with the day they became it.

        Raises:
            CustomersUnknown: names the references that no customer has, or an anonymized one.
        """

        def work(connection: Connection, acting: Acting) -> None:
            group = existing(repository.hold(connection, uuid))
            ids = _locked(connection, references)
            unknown = [it for it in references if it not in ids]
            if unknown:
                raise CustomersUnknown(unknown)
            members = member_repository.find_among(connection, group.id, ids.values())
            new = {reference: it for reference, it in ids.items() if it not in members}
            now = self._clock.now()
            member_repository.add(connection, group.id, new.values(), now=now)
            kinds = (Action.GROUP_MEMBERS_ADDED, Action.CUSTOMER_GROUP_JOINED)
            self._note(connection, acting.actor, kinds, uuid, tuple(new))

        await self._units.write_as(claims, work, keep)

    async def remove(
        self,
        claims: Claims,
        uuid: str,
        references: Sequence[str],
        *,
        keep: Keep[None] = keep_nothing,
    ) -> None:
        """Take customers out of a group.

        Raises:
            NotMembers: names the references of customers who are not in it, if there are any.
        """

        def work(connection: Connection, acting: Acting) -> None:
            group = existing(repository.hold(connection, uuid))
            ids = _locked(connection, references)
            members = member_repository.find_among(connection, group.id, ids.values())
            others = [it for it in references if ids.get(it) not in members]
            if others:
                raise NotMembers(others)
            member_repository.remove(connection, group.id, members)
            kinds = (Action.GROUP_MEMBERS_REMOVED, Action.CUSTOMER_GROUP_LEFT)
            self._note(connection, acting.actor, kinds, uuid, references)

        await self._units.write_as(claims, work, keep)

    def _note(
        self,
        connection: Connection,
        actor: Actor,
        kinds: tuple[Action, Action],
        uuid: str,
        references: Sequence[str],
    ) -> None:
        if not references:
            return
        now = self._clock.now()
        of_group, of_customers = kinds
        audit.add(connection, actor, of_group, uuid, now=now)
        audit.add_each(connection, actor, of_customers, references, now=now)


def _locked(connection: Connection, references: Sequence[str]) -> Mapping[str, CustomerId]:
    """Lock customers, so that nobody joins beside an erasure; anonymized ones are left out."""
    return {
        reference: customer.id
        for reference, customer in customers.lock_by_references(connection, references).items()
        if customer.anonymized_at is None
    }
