"""Groups of customers: their names, and that no two have the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from customer_api.audit import repository as audit
from customer_api.audit.models import Acting, Action
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, UnitsOfWork, keep_nothing
from customer_api.core.ids import random_uuid
from customer_api.core.keyset import CursorPage, Part
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.core.types import Claims
from customer_api.groups import repository
from customer_api.groups.errors import GroupNameTaken, GroupNotFound
from customer_api.groups.models import Group

GroupUnits = UnitsOfWork[Acting]
"""Units for whoever may read and change groups."""


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """Command: add a group without members."""

    name: str
    description: str | None


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Command: the sent attributes of a group."""

    values: Mapping[str, str | None]
    """By `name` and `description`; what is absent stays."""


class GroupService:
    """Keeps the groups. Each change leaves an audit event about the group, by its uuid.

    `keep` is given the result inside its transaction (`UnitsOfWork.write`).
    """

    def __init__(self, *, units: GroupUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def list_page(self, claims: Claims, page: CursorPage) -> Part[Group]:
        """Return a page of all groups by name; cursors are uuids.

        Raises:
            CursorUnknown: no group has the uuid.
        """
        return await self._units.read_as(claims, lambda it, _: repository.list_page(it, page))

    async def group(self, claims: Claims, uuid: str) -> Group:
        """Return a group.

        Raises:
            GroupNotFound: there is none with this id.
        """
        return await self._units.read_as(claims, lambda it, _: existing(repository.find(it, uuid)))

    async def create(
        self, claims: Claims, command: CreateGroup, *, keep: Keep[Group] = keep_nothing
    ) -> Group:
        """Add a group.

        Raises:
            GroupNameTaken: another group has the name.
        """

        def work(connection: Connection, acting: Acting) -> Group:
            now, uuid = self._clock.now(), random_uuid()
            group = repository.add(
                connection, command.name, command.description, uuid=uuid, now=now
            )
            if group is None:
                raise GroupNameTaken
            audit.add(connection, acting.actor, Action.GROUP_CREATED, uuid, now=now)
            return group

        return await self._units.write_as(claims, work, keep)

    async def change(
        self,
        claims: Claims,
        uuid: str,
        command: ChangeGroup,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[Group] = keep_nothing,
    ) -> Group:
        """Change name or description; the same ones again are no change.

        Raises:
            GroupNotFound: there is none with this id.
            StateOutdated: the group is in none of the expected states.
            GroupNameTaken: another group has the name.
        """

        def work(connection: Connection, acting: Acting) -> Group:
            group = existing(repository.lock(connection, uuid))
            expected.require(group.state)
            fields = [
                name for name, value in command.values.items() if value != getattr(group, name)
            ]
            if not fields:
                return group
            now = self._clock.now()
            audit.add(connection, acting.actor, Action.GROUP_CHANGED, uuid, now=now, fields=fields)
            return self._change(connection, group, command)

        return await self._units.write_as(claims, work, keep)

    async def remove(
        self,
        claims: Claims,
        uuid: str,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[None] = keep_nothing,
    ) -> None:
        """Remove a group with all memberships in it; its customers stay.

        Raises:
            GroupNotFound: there is none with this id.
            StateOutdated: the group is in none of the expected states.
        """

        def work(connection: Connection, acting: Acting) -> None:
            group = existing(repository.lock(connection, uuid))
            expected.require(group.state)
            repository.remove(connection, group.id)
            now = self._clock.now()
            audit.add(connection, acting.actor, Action.GROUP_REMOVED, uuid, now=now)

        await self._units.write_as(claims, work, keep)

    def _change(self, connection: Connection, group: Group, command: ChangeGroup) -> Group:
        name = command.values.get("name") or group.name
        description = command.values.get("description", group.description)
        # Asked first, because PostgreSQL logs a violated index. The index decides.
        if repository.is_taken(connection, name, but_by=group.id):
            raise GroupNameTaken
        now = self._clock.now()
        try:
            return repository.change(connection, group.id, name, description, now=now)
        except IntegrityError as error:
            raise GroupNameTaken from error


def existing(group: Group | None) -> Group:
    """Return the group, or raise `GroupNotFound` when there is none."""
    if group is None:
        raise GroupNotFound
    return group
