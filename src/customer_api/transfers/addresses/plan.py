"""What an import is going to do with a batch of addresses; nothing is written here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from customer_api.core.ids import AddressId, CustomerId, Reference
from customer_api.transfers.addresses.columns import FIELDS, AddressRecord
from customer_api.transfers.addresses.statements import (
    NewAddress,
    Roles,
    StoredAddress,
)
from customer_api.transfers.owners import Owner, refusal_of
from customer_api.transfers.report import ImportSummary, Refusal

OTHER_OWNER: Final = "the address belongs to another customer"
EMPTY: Final = "the address is empty"
REMOVED: Final = "the address was removed and is never revived"


@dataclass(slots=True)
class AddressPlan:
    """What is to be written."""

    new: list[NewAddress] = field(default_factory=list)
    """In the order of the file."""
    changed: dict[AddressId, Mapping[str, object]] = field(default_factory=dict)
    """Addresses that exist and are different."""
    roles: dict[CustomerId, Roles] = field(default_factory=dict)
    """Customers whose defaults are to be others."""
    updated: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def summary(self) -> ImportSummary:
        """Return the counts."""
        return ImportSummary(len(self.new), self.updated, self.unchanged, len(self.refusals))


class AddressPlanner:
    """Compares the rows of a batch with the database.

    Rows count one after the other, as if each was written before the next is looked at.
    """

    def __init__(
        self,
        *,
        owners: Mapping[Reference, Owner],
        roles: Mapping[CustomerId, Roles],
        by_uuid: Iterable[StoredAddress],
        books: Iterable[StoredAddress],
        make_uuid: Callable[[], str],
    ) -> None:
        """Take the state of the database.

        Args:
            owners: customers that the batch names.
            roles: their default addresses.
            by_uuid: addresses that it names.
            books: all addresses of the customers for whom it has addresses without a uuid, in the
                order of creation.
            make_uuid: names new ones of these.
        """
        self._owners = owners
        self._by_uuid = {address.uuid: address for address in by_uuid}
        self._make_uuid = make_uuid
        self._roles_before = roles
        self._roles = dict(roles)
        self._by_content: dict[tuple[object, ...], dict[str, bool]] = {}
        """Uuids of addresses that are alike, in the order of creation, and which are removed."""
        for address in books:
            self._alike(address.owner, address.values)[address.uuid] = address.is_removed

    def plan(self, records: Iterable[AddressRecord]) -> AddressPlan:
        """Decide on each row; a uuid comes once at the most."""
        plan = AddressPlan()
        for record in records:
            try:
                self._decide(plan, record)
            except _Refused as refused:
                plan.refusals.append(Refusal(record.line, record.reference, str(refused)))
        plan.roles = {
            owner: roles
            for owner, roles in self._roles.items()
            if roles != self._roles_before[owner]
        }
        return plan

    def _decide(self, plan: AddressPlan, record: AddressRecord) -> None:
        reason = refusal_of(self._owners, record.reference)
        if reason is not None:
            raise _Refused(reason)
        owner = self._owners[record.reference]
        uuid, is_changed = self._find(plan, record, owner.id)
        if uuid is None:
            uuid = self._create(plan, record, owner.id)
            self._appoint(owner.id, uuid, record.roles, by_default=True)
        elif self._appoint(owner.id, uuid, record.roles) or is_changed:
            plan.updated += 1
        else:
            plan.unchanged += 1

    def _find(
        self, plan: AddressPlan, record: AddressRecord, owner: CustomerId
    ) -> tuple[str | None, bool]:
        """Return the uuid of the address, None for a new one, and whether it is to be changed."""
        if record.uuid is None:
            alike = self._alike(owner, record.values)
            if alike and all(alike.values()):
                raise _Refused(REMOVED)
            return next((uuid for uuid, is_removed in alike.items() if not is_removed), None), False
        stored = self._by_uuid.get(record.uuid)
        if stored is None:
            return None, False
        if stored.owner != owner:
            raise _Refused(OTHER_OWNER)
        if stored.is_removed:
            raise _Refused(REMOVED)
        is_changed = any(stored.values[name] != value for name, value in record.values.items())
        if is_changed:
            plan.changed[stored.id] = record.values
            self._alike(owner, stored.values).pop(stored.uuid, None)
            self._alike(owner, {**stored.values, **record.values})[stored.uuid] = False
        return stored.uuid, is_changed

    def _create(self, plan: AddressPlan, record: AddressRecord, owner: CustomerId) -> str:
        if not record.values:
            raise _Refused(EMPTY)
        uuid = record.uuid or self._make_uuid()
        plan.new.append(NewAddress(uuid, owner, record.values))
        self._alike(owner, record.values)[uuid] = False
        return uuid

    def _appoint(
        self,
        owner: CustomerId,
        uuid: str,
        wanted: tuple[bool | None, bool | None],
        *,
        by_default: bool = False,
    ) -> bool:
        """Give an address its roles and take others away; returns whether anything changed.

        Where the file does not say, a new address becomes a default that there is none of yet, as
        in the address book.
        """
        before = self._roles[owner]
        billing, shipping = (
            _holder(present, uuid, claim=claim, by_default=by_default)
            for present, claim in zip(before, wanted, strict=True)
        )
        self._roles[owner] = (billing, shipping)
        return self._roles[owner] != before

    def _alike(self, owner: CustomerId, values: Mapping[str, object]) -> dict[str, bool]:
        content = (owner, *(values.get(name) for name in FIELDS))
        return self._by_content.setdefault(content, {})


class _Refused(Exception):
    """Why a row is left out."""


def _holder(present: str | None, uuid: str, *, claim: bool | None, by_default: bool) -> str | None:
    """Return which address has a role after a row that claims it, denies it or says nothing."""
    if claim is None:
        return uuid if by_default and present is None else present
    if claim:
        return uuid
    return None if present == uuid else present
