"""The composition root: the one place where settings become objects."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import EntryPoint
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from customer_api.access.service import AccessService, GuestAccess
from customer_api.addresses.directory import CustomerDirectory
from customer_api.addresses.service import AddressService
from customer_api.agents.service import AgentService
from customer_api.agents.tokens import AgentTokenMaker, StorefrontRefreshes
from customer_api.anonymization.by_operators import CONFIRMATION_TTL_SECONDS, OperatedErasure
from customer_api.anonymization.export import ExportService
from customer_api.anonymization.registry import load_exporters, load_registry
from customer_api.anonymization.retention import Retention, RetentionTerms
from customer_api.anonymization.service import AnonymizationService
from customer_api.audit.sealing import Sealing
from customer_api.audit.trail import AuditTrail
from customer_api.core.clock import Clock, SystemClock
from customer_api.core.db import Base, UnitsOfWork, open_units
from customer_api.core.ids import CustomerId
from customer_api.core.schema import head_revision
from customer_api.core.settings import Settings
from customer_api.credentials.hash_kinds import HashKinds
from customer_api.credentials.keys import MailedKeys
from customer_api.credentials.mails import KeyLink, KeyMails
from customer_api.credentials.models import Purpose
from customer_api.credentials.password_checks import PasswordChecks
from customer_api.customers.models import Session, Units
from customer_api.customers.references import (
    LARGEST_STEP,
    RandomReferences,
    References,
    SequentialReferences,
)
from customer_api.customers.service import CustomerService
from customer_api.email_change.customer_changes import CustomerChanges
from customer_api.email_change.emails import EmailChangeService
from customer_api.email_change.service import ProfileChangeService
from customer_api.events.receivers import HttpReceivers, Receivers
from customer_api.events.worker import EventWorker
from customer_api.groups.members import MemberService
from customer_api.groups.service import GroupService
from customer_api.idempotency.marks import Marks
from customer_api.idempotency.service import IdempotencyService, SessionT, note_nothing
from customer_api.mail.outbox import Outbox
from customer_api.mail.render import Renderer
from customer_api.mail.transport import Transport, open_transport
from customer_api.mail.worker import MailWorker
from customer_api.newsletter.managing import NewsletterManagement
from customer_api.newsletter.service import NewsletterService
from customer_api.newsletter.subscribing import NewsletterLinks, Subscribing
from customer_api.notes.service import NoteService
from customer_api.operators import session_repository as operator_session_rows
from customer_api.operators.client_logins import ClientLogins
from customer_api.operators.clients import ApiClientService
from customer_api.operators.customer_access import AuditedUnits, OperatedCustomers, RepeatedAnswers
from customer_api.operators.event_access import EventAccess
from customer_api.operators.logins import OperatorLogins
from customer_api.operators.models import (
    Audience,
    BackOfficeUnits,
    Caller,
    OperatedCustomer,
    OperatedUnits,
)
from customer_api.operators.outbox_access import OutboxAccess
from customer_api.operators.passwords import OperatorPasswords
from customer_api.operators.service import OperatorService
from customer_api.operators.session_repository import LiveCallers
from customer_api.operators.token_uses import TokenUses
from customer_api.operators.tokens import TokenMaker
from customer_api.orders.claims import OrderClaims
from customer_api.orders.history import OrderHistory
from customer_api.orders.reorders import Reorders
from customer_api.orders.service import OrderService
from customer_api.passwords.by_operators import RestoreMails
from customer_api.passwords.mailings import PasswordMailings
from customer_api.passwords.requests import RestoreRequests
from customer_api.passwords.service import PasswordService
from customer_api.plugin import Exporter
from customer_api.profiles.account import AccountService
from customer_api.profiles.details import details_of
from customer_api.profiles.service import ProfileService
from customer_api.registration.by_operators import CustomerCreation
from customer_api.registration.service import RegistrationRules, RegistrationService
from customer_api.registration.taken import TakenAddresses
from customer_api.registration.unconfirmed import ConfirmationMails
from customer_api.security.clients import Clients
from customer_api.security.counters import ClientCounters, DatabaseStore, Kind
from customer_api.security.hashing import PasswordHasher
from customer_api.security.jwt import AccessTokens
from customer_api.security.key_ring import KeyRing
from customer_api.security.login_limits import LoginLimiter, LoginLimits, LoginRules
from customer_api.security.password_policy import PasswordPolicy
from customer_api.security.rate_limit import (
    MailboxLimiter,
    MailboxLimits,
    RequestLimiter,
    RequestLimits,
)
from customer_api.security.redis_counters import RedisCounters
from customer_api.security.refresh_tokens import RefreshTokens
from customer_api.security.unlimited import (
    UnlimitedLogins,
    UnlimitedMailboxes,
    UnlimitedRequests,
)
from customer_api.tokens import repository as token_rows
from customer_api.tokens.grants import Grants
from customer_api.tokens.live_sessions import LiveSessions
from customer_api.tokens.locks import LockService
from customer_api.tokens.service import TokenService
from customer_api.tokens.sessions import SessionService
from customer_api.tokens.subject import JsonSubjects, PlainSubjects, Subjects

ONE_CLICK_LINK: Final = "{storefront}/v1/newsletter-unsubscription?key={key}"
"""Into the API, whose public URL takes the storefront's place."""

metadata = Base.metadata
"""Every table of the program: importing this module has imported all models."""


@dataclass(frozen=True, slots=True)
class CustomerCare:
    """What operators and clients do for customers."""

    directory: CustomerDirectory
    profiles: ProfileService
    creation: CustomerCreation
    changes: CustomerChanges
    addresses: AddressService
    sessions: SessionService
    locks: LockService
    restore_mails: RestoreMails
    confirmation_mails: ConfirmationMails
    notes: NoteService
    members: MemberService
    orders: OrderService
    erasure: OperatedErasure
    idempotency: IdempotencyService[OperatedCustomer]
    """Of requests about one customer, with whom the answers are erased."""


@dataclass(frozen=True, slots=True)
class BackOffice:
    """The objects behind the back-office API."""

    units: BackOfficeUnits
    access_tokens: AccessTokens
    client_logins: ClientLogins
    operator_logins: OperatorLogins
    token_uses: TokenUses
    operators: OperatorService
    operator_passwords: OperatorPasswords
    clients: ApiClientService
    groups: GroupService
    access: AccessService
    customers: CustomerCare
    audit_trail: AuditTrail
    outbox: OutboxAccess
    events: EventAccess
    newsletters: NewsletterManagement
    idempotency: IdempotencyService[Caller]
    """Of requests whose answers hold no data of a customer, or of one who is new."""


@dataclass(frozen=True, slots=True)
class Agents:
    """The objects behind the storefront's resources for operators."""

    units: BackOfficeUnits
    service: AgentService
    refreshes: StorefrontRefreshes


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """What customers do with their orders."""

    history: OrderHistory
    claims: OrderClaims
    reorders: Reorders


@dataclass(frozen=True, slots=True)
class Container:
    """The objects of one process, wired together."""

    settings: Settings
    clock: Clock
    units: Units
    hasher: PasswordHasher
    hash_kinds: HashKinds
    client_counters: ClientCounters
    requests: RequestLimits
    guest_access: GuestAccess
    back_office: BackOffice
    agents: Agents
    access_tokens: AccessTokens
    subjects: Subjects
    customers: CustomerService
    accounts: AccountService
    profile_changes: ProfileChangeService
    email_changes: EmailChangeService
    addresses: AddressService
    orders: OwnOrders
    registration: RegistrationService
    passwords: PasswordService
    password_mailings: PasswordMailings
    tokens: TokenService
    sessions: SessionService
    anonymization: AnonymizationService
    idempotency: IdempotencyService[Session]
    exports: ExportService
    retention: Retention
    sealing: Sealing
    restore_requests: RestoreRequests
    newsletters: NewsletterService
    mail_worker: MailWorker
    event_worker: EventWorker
    schema_revision: str

    async def run_workers(self, stop: asyncio.Event) -> None:
        """Answer requests for restores and newsletters, deliver mails and events, forget and seal until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.restore_requests.run(stop))
            tasks.create_task(self.newsletters.run(stop))
            tasks.create_task(self.mail_worker.run(stop))
            tasks.create_task(self.event_worker.run(stop))
            tasks.create_task(self.retention.run(stop))
            tasks.create_task(self.sealing.run(stop))

    async def close(self) -> None:
        """Release connections and threads; the container cannot be used afterwards."""
        await self.client_counters.close()
        await self.units.close()
        self.hasher.close()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    receivers: Receivers | None = None,
    plugins: Sequence[EntryPoint] | None = None,
) -> Container:
    """Wire a container; nothing connects yet.

    By default the clock is the machine's, mails go where the settings say, events over HTTP, and the
    plugins are those of the installed distributions.

    Raises:
        SigningKeyInvalid: a signing key cannot be used.
        AnonymizersInvalid: a plugin cannot be loaded, or a required one is missing.
        ValueError: the URL of the database, the mail or the counter server cannot be understood.
    """
    parts = _parts(settings, clock or SystemClock())
    email_changes, tokens = _email_changes(parts), _tokens(parts)
    exports = _exports(parts, load_exporters(plugins=plugins))
    anonymization = _anonymization(parts, plugins)
    return Container(
        settings=settings,
        clock=parts.clock,
        units=parts.units,
        hasher=parts.hasher,
        hash_kinds=HashKinds(units=parts.units, hasher=parts.hasher),
        client_counters=parts.limits.counters,
        requests=parts.limits.requests,
        guest_access=_guest_access(parts),
        back_office=_back_office(
            parts, _customer_care(parts, anonymization, exports, email_changes)
        ),
        agents=_agents(parts, tokens),
        access_tokens=parts.access_tokens,
        subjects=parts.subjects,
        customers=CustomerService(units=parts.units),
        accounts=AccountService(parts.units),
        profile_changes=_profile_changes(parts, email_changes),
        email_changes=email_changes,
        addresses=AddressService(units=parts.units, clock=parts.clock),
        orders=_own_orders(parts),
        registration=_registration(parts),
        passwords=_passwords(parts),
        password_mailings=_password_mailings(parts),
        tokens=tokens,
        sessions=SessionService(units=parts.units, clock=parts.clock),
        anonymization=anonymization,
        idempotency=_idempotency(parts, parts.units),
        exports=exports,
        retention=_retention(parts, anonymization),
        sealing=Sealing(units=parts.units, clock=parts.clock),
        restore_requests=_restore_requests(parts),
        newsletters=_newsletters(parts),
        mail_worker=_mail_worker(parts, transport),
        event_worker=_event_worker(parts, receivers),
        schema_revision=head_revision(),
    )


@dataclass(frozen=True, slots=True)
class _KeyMails:
    """What issues and mails keys, one for each occasion."""

    confirmations: KeyMails
    restores: KeyMails
    invitations: KeyMails
    email_changes: KeyMails
    email_undos: KeyMails
    password_undos: KeyMails


@dataclass(frozen=True, slots=True)
class _Limits:
    """What keeps clients from doing things too often."""

    counters: ClientCounters
    logins: LoginLimits
    requests: RequestLimits
    mailboxes: MailboxLimits


@dataclass(frozen=True, slots=True)
class _Parts:
    """What several services share."""

    settings: Settings
    clock: Clock
    units: Units
    hasher: PasswordHasher
    policy: PasswordPolicy
    password_checks: PasswordChecks
    limits: _Limits
    outbox: Outbox
    ring: KeyRing
    access_tokens: AccessTokens
    subjects: Subjects
    key_mails: _KeyMails


def _parts(settings: Settings, clock: Clock) -> _Parts:
    ring = KeyRing(settings.signing_keys, clock=clock)
    units = _open_units(settings, clock)
    outbox = Outbox(clock=clock, sender=settings.mail_from)
    limits = _limits(settings, clock, ring, DatabaseStore(units, clock))
    hasher = PasswordHasher(
        memory_kib=settings.hash_memory_kib,
        time_cost=settings.hash_time_cost,
        threads=settings.hash_threads or os.cpu_count() or 1,
    )
    is_glue = settings.token_subject == "glue"  # noqa: S105 - a form of the claim, no secret
    return _Parts(
        settings=settings,
        clock=clock,
        units=units,
        hasher=hasher,
        policy=_policy(settings),
        password_checks=PasswordChecks(units=units, hasher=hasher, limits=limits.logins),
        limits=limits,
        outbox=outbox,
        ring=ring,
        access_tokens=AccessTokens(
            ring,
            clock=clock,
            audience=settings.token_audience,
            ttl_seconds=settings.access_token_ttl_seconds,
        ),
        subjects=JsonSubjects() if is_glue else PlainSubjects(),
        key_mails=_key_mails(settings, clock, outbox),
    )


def _key_mails(settings: Settings, clock: Clock, outbox: Outbox) -> _KeyMails:
    def mails(purpose: Purpose, ttl_seconds: int, link: str) -> KeyMails:
        return KeyMails(
            keys=MailedKeys(purpose, clock=clock, ttl_seconds=ttl_seconds),
            link=KeyLink(link, settings.storefront_url),
            outbox=outbox,
        )

    undo_ttl = settings.undo_ttl_seconds
    return _KeyMails(
        confirmations=mails(
            Purpose.CONFIRMATION, settings.confirmation_ttl_seconds, settings.confirmation_link
        ),
        restores=mails(Purpose.RESTORE, settings.restore_ttl_seconds, settings.restore_link),
        invitations=mails(
            Purpose.RESTORE, settings.password_invitation_ttl_seconds, settings.restore_link
        ),
        email_changes=mails(
            Purpose.EMAIL_CHANGE, settings.email_change_ttl_seconds, settings.email_change_link
        ),
        email_undos=mails(Purpose.EMAIL_UNDO, undo_ttl, settings.email_undo_link),
        password_undos=mails(Purpose.PASSWORD_UNDO, undo_ttl, settings.password_undo_link),
    )


def _registration(parts: _Parts) -> RegistrationService:
    settings = parts.settings
    return RegistrationService(
        units=parts.units,
        clock=parts.clock,
        hasher=parts.hasher,
        policy=parts.policy,
        references=_references(settings),
        mailboxes=parts.limits.mailboxes,
        taken=TakenAddresses(
            units=parts.units,
            clock=parts.clock,
            hasher=parts.hasher,
            mailboxes=parts.limits.mailboxes,
            outbox=parts.outbox,
            confirmations=parts.key_mails.confirmations,
        ),
        keys=parts.key_mails.confirmations.keys,
        confirmations=parts.key_mails.confirmations,
        restores=parts.key_mails.restores,
        rules=RegistrationRules(
            has_double_opt_in=settings.double_opt_in,
            hides_conflicts=settings.registration_conflict == "hidden",
            terms_version=settings.terms_version,
        ),
    )


def _passwords(parts: _Parts) -> PasswordService:
    return PasswordService(
        units=parts.units,
        clock=parts.clock,
        hasher=parts.hasher,
        checks=parts.password_checks,
        policy=parts.policy,
        logins=parts.limits.logins,
        confirmation_keys=parts.key_mails.confirmations.keys,
        restore_keys=parts.key_mails.restores.keys,
        restores=parts.key_mails.restores,
        undos=parts.key_mails.password_undos,
    )


def _password_mailings(parts: _Parts) -> PasswordMailings:
    return PasswordMailings(
        units=parts.units, clock=parts.clock, invitations=parts.key_mails.invitations
    )


def _email_changes(parts: _Parts) -> EmailChangeService:
    return EmailChangeService(
        units=parts.units,
        clock=parts.clock,
        checks=parts.password_checks,
        logins=parts.limits.logins,
        mailboxes=parts.limits.mailboxes,
        outbox=parts.outbox,
        changes=parts.key_mails.email_changes,
        undos=parts.key_mails.email_undos,
        restores=parts.key_mails.restores,
    )


def _profile_changes(parts: _Parts, emails: EmailChangeService) -> ProfileChangeService:
    return ProfileChangeService(
        units=parts.units,
        clock=parts.clock,
        emails=emails,
        verifies_emails=parts.settings.email_change == "verified",
    )


def _anonymization(parts: _Parts, plugins: Sequence[EntryPoint] | None) -> AnonymizationService:
    return AnonymizationService(
        units=parts.units,
        clock=parts.clock,
        outbox=parts.outbox,
        anonymizers=load_registry(parts.settings.required_anonymizers, plugins=plugins),
    )


def _own_orders(parts: _Parts) -> OwnOrders:
    units, clock = parts.units, parts.clock
    return OwnOrders(
        history=OrderHistory(units),
        claims=OrderClaims(units=units, clock=clock),
        reorders=Reorders(units=units, clock=clock),
    )


def _tokens(parts: _Parts) -> TokenService:
    return TokenService(
        units=parts.units,
        clock=parts.clock,
        passwords=parts.password_checks,
        limits=parts.limits.logins,
        mailboxes=parts.limits.mailboxes,
        outbox=parts.outbox,
        grants=_grants(parts),
        refresh_tokens=_refresh_tokens(parts),
    )


def _grants(parts: _Parts) -> Grants:
    settings = parts.settings
    return Grants(
        clock=parts.clock,
        access_tokens=parts.access_tokens,
        subjects=parts.subjects,
        refresh_tokens=_refresh_tokens(parts),
        access_ttl_seconds=settings.access_token_ttl_seconds,
        session_ttl_seconds=settings.refresh_token_max_ttl_seconds,
        impersonation_ttl_seconds=settings.operator_session_ttl_seconds,
    )


def _refresh_tokens(parts: _Parts) -> RefreshTokens:
    return RefreshTokens(
        token_rows,
        ring=parts.ring,
        clock=parts.clock,
        ttl_seconds=parts.settings.refresh_token_ttl_seconds,
        retry_seconds=parts.settings.refresh_retry_seconds,
    )


def _restore_requests(parts: _Parts) -> RestoreRequests:
    return RestoreRequests(
        units=parts.units,
        clock=parts.clock,
        mailboxes=parts.limits.mailboxes,
        restores=parts.key_mails.restores,
    )


def _back_office(parts: _Parts, customers: CustomerCare) -> BackOffice:
    settings, clock = parts.settings, parts.clock
    units = parts.units.checked_by(LiveCallers(clock, Audience.BACK_OFFICE))
    access_tokens = AccessTokens(
        parts.ring,
        clock=clock,
        audience=f"{settings.token_audience}/back-office",
        ttl_seconds=settings.operator_token_ttl_seconds,
    )
    tokens = TokenMaker(access_tokens, ttl_seconds=settings.operator_token_ttl_seconds)
    client_logins = ClientLogins(units=units, clock=clock, tokens=tokens)
    passwords = OperatorPasswords(
        units=units,
        clock=clock,
        hasher=parts.hasher,
        policy=parts.policy,
        link=settings.operator_password_link,
    )
    return BackOffice(
        units=units,
        access_tokens=access_tokens,
        client_logins=client_logins,
        operator_logins=_operator_logins(parts, units, client_logins, tokens, Audience.BACK_OFFICE),
        token_uses=TokenUses(
            units=units, clock=clock, clients=client_logins, access_tokens=access_tokens
        ),
        operators=OperatorService(units=units, clock=clock, passwords=passwords),
        operator_passwords=passwords,
        clients=ApiClientService(units=units, clock=clock),
        groups=GroupService(units=units, clock=clock),
        access=AccessService(units=units, guests=_guest_access(parts), clock=clock),
        customers=customers,
        audit_trail=AuditTrail(units),
        outbox=OutboxAccess(units=units, clock=clock),
        newsletters=NewsletterManagement(units=units, clock=clock, subscribing=_subscribing(parts)),
        events=EventAccess(units=units, clock=clock, plain_hosts=parts.settings.event_plain_hosts),
        idempotency=_idempotency(parts, units, RepeatedAnswers(clock).note),
    )


def _guest_access(parts: _Parts) -> GuestAccess:
    return GuestAccess(parts.units, parts.settings.protected_resource_types)


def _agents(parts: _Parts, customers: TokenService) -> Agents:
    settings, clock = parts.settings, parts.clock
    units = parts.units.checked_by(LiveCallers(clock, Audience.STOREFRONT))
    tokens = AgentTokenMaker(
        parts.access_tokens,
        subjects=parts.subjects,
        ttl_seconds=settings.access_token_ttl_seconds,
    )
    clients = ClientLogins(units=units, clock=clock, tokens=tokens)
    logins = _operator_logins(parts, units, clients, tokens, Audience.STOREFRONT)
    return Agents(
        units=units,
        service=AgentService(units=units, clock=clock, logins=logins, grants=_grants(parts)),
        refreshes=StorefrontRefreshes(customers=customers, agents=logins),
    )


def _operator_logins(
    parts: _Parts,
    units: BackOfficeUnits,
    clients: ClientLogins,
    tokens: TokenMaker,
    audience: Audience,
) -> OperatorLogins:
    settings = parts.settings
    return OperatorLogins(
        units=units,
        clock=parts.clock,
        passwords=parts.password_checks,
        limits=parts.limits.logins,
        clients=clients,
        tokens=tokens,
        refresh_tokens=RefreshTokens(
            operator_session_rows,
            ring=parts.ring,
            clock=parts.clock,
            ttl_seconds=settings.operator_session_ttl_seconds,
            retry_seconds=settings.refresh_retry_seconds,
        ),
        session_ttl_seconds=settings.operator_session_ttl_seconds,
        audience=audience,
    )


def _customer_care(
    parts: _Parts,
    anonymization: AnonymizationService,
    exports: ExportService,
    email_changes: EmailChangeService,
) -> CustomerCare:
    clock, callers = parts.clock, LiveCallers(parts.clock, Audience.BACK_OFFICE)
    units = parts.units.checked_by(callers)
    operated = parts.units.checked_by(OperatedCustomers(callers))
    audited = AuditedUnits(operated, clock)
    mails, mailboxes, locales = parts.key_mails, parts.limits.mailboxes, parts.settings.locales
    confirmation_mails = _confirmation_mails(parts, audited)
    return CustomerCare(
        directory=CustomerDirectory(AuditedUnits(units, clock)),
        profiles=ProfileService(audited),
        creation=CustomerCreation(
            units=units,
            clock=clock,
            references=_references(parts.settings),
            mailboxes=mailboxes,
            confirmations=mails.confirmations,
            invitations=mails.invitations,
            locales=locales,
        ),
        changes=CustomerChanges(
            units=audited,
            clock=clock,
            emails=email_changes,
            first_mails=confirmation_mails,
            outbox=parts.outbox,
            locales=locales,
        ),
        addresses=AddressService(units=audited, clock=clock),
        sessions=SessionService(units=audited, clock=clock),
        locks=LockService(units=audited, clock=clock),
        restore_mails=RestoreMails(units=audited, mailboxes=mailboxes, restores=mails.restores),
        confirmation_mails=confirmation_mails,
        notes=NoteService(units=audited, clock=clock),
        members=MemberService(units=units, of_customer=audited, clock=clock),
        orders=OrderService(units=units, of_customer=audited, clock=clock),
        erasure=OperatedErasure(
            units=audited,
            clock=clock,
            anonymization=anonymization,
            exports=exports,
            keys=MailedKeys(Purpose.ERASURE, clock=clock, ttl_seconds=CONFIRMATION_TTL_SECONDS),
        ),
        idempotency=_idempotency(parts, operated, RepeatedAnswers(clock).note),
    )


def _confirmation_mails(parts: _Parts, units: OperatedUnits) -> ConfirmationMails:
    return ConfirmationMails(
        units=units,
        clock=parts.clock,
        mailboxes=parts.limits.mailboxes,
        confirmations=parts.key_mails.confirmations,
        invitations=parts.key_mails.invitations,
    )


def _idempotency(
    parts: _Parts,
    units: UnitsOfWork[SessionT],
    note: Callable[[Connection, SessionT, CustomerId], None] = note_nothing,
) -> IdempotencyService[SessionT]:
    def secrets() -> tuple[bytes, ...]:
        parts.ring.look()  # another process may have marked a request with its new key
        return tuple(key.idempotency_secret for key in parts.ring.keys)

    return IdempotencyService(
        units=units,
        clock=parts.clock,
        marks=Marks(secrets),
        ttl_seconds=parts.settings.idempotency_ttl_seconds,
        note=note,
    )


def _mail_worker(parts: _Parts, transport: Transport | None) -> MailWorker:
    settings = parts.settings
    return MailWorker(
        units=parts.units,
        outbox=parts.outbox,
        renderer=_renderer(settings),
        transport=transport or open_transport(settings.mail_url.get_secret_value()),
        clock=parts.clock,
        max_tries=settings.mail_max_tries,
    )


def _newsletters(parts: _Parts) -> NewsletterService:
    subscribing = _subscribing(parts)
    return NewsletterService(units=parts.units, clock=parts.clock, subscribing=subscribing)


def _subscribing(parts: _Parts) -> Subscribing:
    settings = parts.settings
    one_click = settings.public_url and KeyLink(ONE_CLICK_LINK, settings.public_url)
    return Subscribing(
        clock=parts.clock,
        outbox=parts.outbox,
        mailboxes=parts.limits.mailboxes,
        links=NewsletterLinks(
            confirmation=KeyLink(settings.newsletter_link, settings.storefront_url),
            unsubscription=KeyLink(
                settings.newsletter_unsubscription_link, settings.storefront_url
            ),
            one_click=one_click or None,
        ),
        key_ttl=timedelta(seconds=settings.newsletter_ttl_seconds),
    )


def _event_worker(parts: _Parts, receivers: Receivers | None) -> EventWorker:
    settings = parts.settings
    timeout = settings.event_timeout_seconds
    return EventWorker(
        units=parts.units,
        clock=parts.clock,
        receivers=receivers or HttpReceivers(timeout_seconds=timeout),
        details=details_of,
        source=(settings.public_url or "") + "/v1",
        timeout_seconds=timeout,
    )


def _exports(parts: _Parts, exporters: Sequence[Exporter]) -> ExportService:
    return ExportService(
        units=parts.units,
        clock=parts.clock,
        outbox=parts.outbox,
        mailboxes=parts.limits.mailboxes,
        exporters=exporters,
        fresh_login_seconds=parts.settings.fresh_login_seconds,
    )


def _retention(parts: _Parts, anonymization: AnonymizationService) -> Retention:
    settings = parts.settings
    return Retention(
        units=parts.units,
        clock=parts.clock,
        anonymization=anonymization,
        terms=RetentionTerms(
            unconfirmed_days=settings.unconfirmed_ttl_days,
            session_days=settings.session_history_days,
            parked_mail_days=settings.parked_mail_days,
            mail_days=settings.mail_history_days,
            event_days=settings.event_history_days,
            newsletter_days=settings.newsletter_history_days,
            guest_order_days=settings.guest_order_claim_days,
        ),
    )


def _renderer(settings: Settings) -> Renderer:
    return Renderer(
        store=settings.store, locale=settings.locales[0], overrides=settings.mail_templates
    )


def _open_units(settings: Settings, clock: Clock) -> Units:
    return open_units(
        settings.database_url.get_secret_value(),
        LiveSessions(clock),
        pool_size=settings.database_pool_size,
        pool_timeout_seconds=settings.database_pool_timeout_seconds,
        statement_timeout_seconds=settings.database_statement_timeout_seconds,
        busy_timeout_seconds=settings.database_busy_timeout_seconds,
    )


def _policy(settings: Settings) -> PasswordPolicy:
    return PasswordPolicy(
        min_length=settings.password_min_length,
        max_length=settings.password_max_length,
        pattern=settings.password_pattern,
        sequence_limit=settings.password_sequence_limit,
        deny_list=settings.password_deny_list,
        allow_list=settings.password_allow_list,
        context_words=_shop_names(settings),
    )


def _shop_names(settings: Settings) -> tuple[str, ...]:
    """Return what people call the shop: its store, its host, and the name in that."""
    host = (urlsplit(settings.storefront_url).hostname or "").removeprefix("www.")
    return (settings.store, f"www.{host}", host, host.partition(".")[0])


def _client_counters(settings: Settings, clock: Clock, database: DatabaseStore) -> ClientCounters:
    storage = settings.rate_limit_storage.get_secret_value()
    if storage == "database":
        return database
    return RedisCounters(storage, fallback=database, clock=clock)


def _limits(settings: Settings, clock: Clock, ring: KeyRing, store: DatabaseStore) -> _Limits:
    counters = _client_counters(settings, clock, store)
    if settings.rate_limits == "off":
        return _Limits(counters, UnlimitedLogins(), UnlimitedRequests(), UnlimitedMailboxes())

    def secrets() -> tuple[bytes, ...]:
        ring.look()  # another process may have counted under its new key
        return tuple(key.counter_secret for key in ring.keys)

    clients = Clients(secrets)
    login_rules = LoginRules(
        failure_limit=settings.login_failure_limit,
        block_seconds=settings.login_block_seconds,
        block_max_seconds=settings.login_block_max_seconds,
        stranger_failure_limit=settings.stranger_failure_limit,
        client_failure_limit=settings.client_login_failure_limit,
    )
    request_limits = {
        Kind.REFRESHES: settings.client_refresh_limit,
        Kind.REGISTRATIONS: settings.client_registration_limit,
        Kind.RESTORE_REQUESTS: settings.client_restore_request_limit,
        Kind.NEWSLETTER_REQUESTS: settings.client_newsletter_request_limit,
        Kind.KEY_USES: settings.client_key_limit,
    }
    return _Limits(
        counters=counters,
        logins=LoginLimiter(store=store, clients=clients, rules=login_rules),
        requests=RequestLimiter(counters=counters, clients=clients, limits=request_limits),
        mailboxes=MailboxLimiter(clock=clock, mails_per_hour=settings.mails_per_hour),
    )


def _references(settings: Settings) -> References:
    if settings.reference_strategy == "random":
        return RandomReferences(settings.store)
    is_gapless = settings.reference_strategy == "sequence"
    return SequentialReferences(settings.store, largest_step=1 if is_gapless else LARGEST_STEP)
