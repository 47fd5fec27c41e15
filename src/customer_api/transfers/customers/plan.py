"""What an import is going to do with a batch of rows; nothing is written here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from customer_api.core.ids import CustomerId, Reference
from customer_api.transfers.customers.columns import CustomerRecord
from customer_api.transfers.customers.statements import StoredCustomer
from customer_api.transfers.owners import ANONYMIZED
from customer_api.transfers.report import ImportSummary, Refusal

EMAIL_TAKEN: Final = "the e-mail belongs to another customer"


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """What is to be written, in the order of the file."""

    new: dict[Reference, Mapping[str, object]] = field(default_factory=dict)
    """Profiles of customers to create."""
    first_hashes: dict[Reference, str] = field(default_factory=dict)
    """Their digests."""
    changed: dict[CustomerId, Mapping[str, object]] = field(default_factory=dict)
    """Profiles of customers that exist and are different."""
    moved: dict[CustomerId, str] = field(default_factory=dict)
    """Those of them who get another mailbox, with the normal form of the address they had."""
    hashes: dict[CustomerId, str] = field(default_factory=dict)
    """New digests of customers that exist."""
    unchanged: list[Reference] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def summary(self) -> ImportSummary:
        """Return the counts."""
        return ImportSummary(
            created=len(self.new),
            updated=len(self.changed.keys() | self.hashes.keys()),
            unchanged=len(self.unchanged),
            refused=len(self.refusals),
        )


class CustomerPlanner:
    """Compares the rows of a batch with the database.

    Rows count one after the other, as if each was written before the next is looked at.
    """

    def __init__(
        self,
        *,
        stored: Mapping[Reference, StoredCustomer],
        owners: Mapping[str, Reference],
        overwrites_passwords: bool,
    ) -> None:
        """Take the state of the database.

        Args:
            stored: customers that have a reference of the batch.
            owners: whose the addresses of the batch are, by e-mail key.
            overwrites_passwords: whether digests of the batch replace others, or only fill gaps.
        """
        self._stored = stored
        self._owners = dict(owners)
        self._overwrites_passwords = overwrites_passwords

    def plan(self, records: Iterable[CustomerRecord]) -> CustomerPlan:
        """Decide on each row; a reference comes once at the most, and passwords are digests."""
        plan = CustomerPlan()
        for record in records:
            stored = self._stored.get(record.reference)
            reason = self._refusal(record, stored)
            if reason is not None:
                plan.refusals.append(Refusal(record.line, record.reference, reason))
                continue
            if stored is None:
                self._create(plan, record)
            else:
                self._owners.pop(str(stored.profile["email_key"]), None)
                self._change(plan, record, stored)
            self._owners[str(record.values["email_key"])] = record.reference
        return plan

    def _refusal(self, record: CustomerRecord, stored: StoredCustomer | None) -> str | None:
        if stored is not None and stored.is_anonymized:
            return ANONYMIZED
        owner = self._owners.get(str(record.values["email_key"]))
        return None if owner in {None, record.reference} else EMAIL_TAKEN

    def _create(self, plan: CustomerPlan, record: CustomerRecord) -> None:
        plan.new[record.reference] = record.values
        if isinstance(record.password, str):
            plan.first_hashes[record.reference] = record.password

    def _change(self, plan: CustomerPlan, record: CustomerRecord, stored: StoredCustomer) -> None:
        profile = dict(record.values)
        if "registered_at" in profile and profile["registered_at"] is None:
            # Who has confirmed since the file was written stays confirmed.
            profile["registered_at"] = stored.profile["registered_at"]
        has_changed = any(stored.profile[name] != value for name, value in profile.items())
        if has_changed:
            plan.changed[stored.id] = profile
        former = str(stored.profile["email_key"])
        if profile["email_key"] != former:
            plan.moved[stored.id] = former
        password_hash = record.password
        if isinstance(password_hash, str) and self._replaces(password_hash, stored):
            plan.hashes[stored.id] = password_hash
        elif not has_changed:
            plan.unchanged.append(record.reference)

    def _replaces(self, new: str, stored: StoredCustomer) -> bool:
        # A password that was removed may be known to others: no file brings it back by itself.
        if self._overwrites_passwords:
            return new != stored.password_hash
        return not stored.has_had_password
