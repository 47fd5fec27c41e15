"""The composition root: the one place where settings become objects."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint

from customer_api.addresses.service import AddressService
from customer_api.anonymization.registry import load_registry
from customer_api.anonymization.retention import Retention
from customer_api.anonymization.service import AnonymizationService
from customer_api.core.clock import Clock, SystemClock
from customer_api.core.db import Base, open_units
from customer_api.core.schema import head_revision
from customer_api.core.settings import Settings
from customer_api.credentials.keys import MailedKeys
from customer_api.credentials.mails import KeyLink, KeyMails
from customer_api.credentials.models import Purpose
from customer_api.customers.models import Units
from customer_api.customers.references import (
    LARGEST_STEP,
    RandomReferences,
    References,
    SequentialReferences,
)
from customer_api.customers.service import CustomerService
from customer_api.email_change.service import ProfileChangeService
from customer_api.idempotency.marks import Marks
from customer_api.idempotency.service import IdempotencyService
from customer_api.mail.outbox import Outbox
from customer_api.mail.render import Renderer
from customer_api.mail.transport import Transport, open_transport
from customer_api.mail.worker import MailWorker
from customer_api.passwords.service import PasswordService
from customer_api.registration.service import RegistrationRules, RegistrationService
from customer_api.security.hashing import PasswordHasher
from customer_api.security.jwt import AccessTokens
from customer_api.security.password_policy import PasswordPolicy
from customer_api.security.rate_limit import (
    LoginLimiter,
    LoginLimits,
    MailboxLimiter,
    MailboxLimits,
    UnlimitedLogins,
    UnlimitedMailboxes,
)
from customer_api.security.signing_keys import SigningKey, load_signing_keys
from customer_api.tokens.repository import LiveSessions
from customer_api.tokens.service import TokenLifetimes, TokenService
from customer_api.tokens.subject import JsonSubjects, PlainSubjects, Subjects

metadata = Base.metadata
"""Every table of the program: importing this module has imported all models."""


@dataclass(frozen=True, slots=True)
class Container:
    """The objects of one process, wired together."""

    settings: Settings
    clock: Clock
    units: Units
    hasher: PasswordHasher
    access_tokens: AccessTokens
    subjects: Subjects
    customers: CustomerService
    profile_changes: ProfileChangeService
    addresses: AddressService
    registration: RegistrationService
    passwords: PasswordService
    tokens: TokenService
    anonymization: AnonymizationService
    idempotency: IdempotencyService
    retention: Retention
    mail_worker: MailWorker
    schema_revision: str

    async def run_workers(self, stop: asyncio.Event) -> None:
        """Deliver mails and apply retention until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.mail_worker.run(stop))
            tasks.create_task(self.retention.run(stop))

    async def close(self) -> None:
        """Release connections and threads; the container cannot be used afterwards."""
        await self.units.close()
        self.hasher.close()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    plugins: Sequence[EntryPoint] | None = None,
) -> Container:
    """Wire a container; nothing connects yet.

    By default the clock is the machine's, mails go where the settings say, and the anonymizer
    plugins are those of the installed distributions.

    Raises:
        SigningKeyInvalid: a signing key cannot be used.
        AnonymizersInvalid: a plugin cannot be loaded, or a required one is missing.
        ValueError: the database or mail URL cannot be understood.
    """
    anonymizers = load_registry(settings.required_anonymizers, plugins=plugins)
    parts = _parts(settings, clock or SystemClock())
    anonymization = AnonymizationService(
        units=parts.units, clock=parts.clock, outbox=parts.outbox, anonymizers=anonymizers
    )
    return Container(
        settings=settings,
        clock=parts.clock,
        units=parts.units,
        hasher=parts.hasher,
        access_tokens=parts.access_tokens,
        subjects=parts.subjects,
        customers=CustomerService(units=parts.units),
        profile_changes=ProfileChangeService(units=parts.units, clock=parts.clock),
        addresses=AddressService(units=parts.units, clock=parts.clock),
        registration=_registration(parts),
        passwords=_passwords(parts),
        tokens=_tokens(parts),
        anonymization=anonymization,
        idempotency=_idempotency(parts),
        retention=Retention(
            units=parts.units,
            clock=parts.clock,
            anonymization=anonymization,
            unconfirmed_ttl_days=settings.unconfirmed_ttl_days,
        ),
        mail_worker=MailWorker(
            units=parts.units,
            outbox=parts.outbox,
            renderer=_renderer(settings),
            transport=transport or open_transport(settings.mail_url.get_secret_value()),
            clock=parts.clock,
            max_tries=settings.mail_max_tries,
        ),
        schema_revision=head_revision(),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """What several services share."""

    settings: Settings
    clock: Clock
    units: Units
    hasher: PasswordHasher
    policy: PasswordPolicy
    logins: LoginLimits
    mailboxes: MailboxLimits
    outbox: Outbox
    signing_keys: tuple[SigningKey, ...]
    access_tokens: AccessTokens
    subjects: Subjects
    confirmation_keys: MailedKeys
    restore_keys: MailedKeys
    restores: KeyMails


def _parts(settings: Settings, clock: Clock) -> _Parts:
    keys = load_signing_keys(settings.signing_keys)
    logins, mailboxes = _limits(settings, clock)
    outbox = Outbox(clock=clock, sender=settings.mail_from)
    restore_keys = MailedKeys(
        Purpose.RESTORE, clock=clock, ttl_seconds=settings.restore_ttl_seconds
    )
    is_glue = settings.token_subject == "glue"  # noqa: S105 - a form of the claim, no secret
    return _Parts(
        settings=settings,
        clock=clock,
        units=_open_units(settings, clock),
        hasher=PasswordHasher(
            memory_kib=settings.hash_memory_kib,
            time_cost=settings.hash_time_cost,
            threads=settings.hash_threads or os.cpu_count() or 1,
        ),
        policy=_policy(settings),
        logins=logins,
        mailboxes=mailboxes,
        outbox=outbox,
        signing_keys=keys,
        access_tokens=AccessTokens(
            keys,
            clock=clock,
            audience=settings.token_audience,
            ttl_seconds=settings.access_token_ttl_seconds,
        ),
        subjects=JsonSubjects() if is_glue else PlainSubjects(),
        confirmation_keys=MailedKeys(
            Purpose.CONFIRMATION, clock=clock, ttl_seconds=settings.confirmation_ttl_seconds
        ),
        restore_keys=restore_keys,
        restores=KeyMails(
            keys=restore_keys,
            link=KeyLink(settings.restore_link, settings.storefront_url),
            outbox=outbox,
        ),
    )


def _registration(parts: _Parts) -> RegistrationService:
    settings = parts.settings
    return RegistrationService(
        units=parts.units,
        clock=parts.clock,
        hasher=parts.hasher,
        policy=parts.policy,
        references=_references(settings),
        mailboxes=parts.mailboxes,
        outbox=parts.outbox,
        keys=parts.confirmation_keys,
        confirmations=KeyMails(
            keys=parts.confirmation_keys,
            link=KeyLink(settings.confirmation_link, settings.storefront_url),
            outbox=parts.outbox,
        ),
        restores=parts.restores,
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
        policy=parts.policy,
        logins=parts.logins,
        mailboxes=parts.mailboxes,
        outbox=parts.outbox,
        confirmation_keys=parts.confirmation_keys,
        restore_keys=parts.restore_keys,
        restores=parts.restores,
    )


def _tokens(parts: _Parts) -> TokenService:
    settings = parts.settings
    return TokenService(
        units=parts.units,
        clock=parts.clock,
        hasher=parts.hasher,
        limits=parts.logins,
        access_tokens=parts.access_tokens,
        subjects=parts.subjects,
        refresh_secrets=[key.refresh_secret for key in parts.signing_keys],
        lifetimes=TokenLifetimes(
            access=settings.access_token_ttl_seconds,
            refresh=settings.refresh_token_ttl_seconds,
            session=settings.refresh_token_max_ttl_seconds,
            retry=settings.refresh_retry_seconds,
        ),
    )


def _idempotency(parts: _Parts) -> IdempotencyService:
    return IdempotencyService(
        units=parts.units,
        clock=parts.clock,
        marks=Marks([key.idempotency_secret for key in parts.signing_keys]),
        ttl_seconds=parts.settings.idempotency_ttl_seconds,
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
        context_words=(settings.store,),
    )


def _limits(settings: Settings, clock: Clock) -> tuple[LoginLimits, MailboxLimits]:
    if settings.rate_limits == "off":
        return UnlimitedLogins(), UnlimitedMailboxes()
    logins = LoginLimiter(
        clock=clock,
        failure_limit=settings.login_failure_limit,
        block_seconds=settings.login_block_seconds,
        block_max_seconds=settings.login_block_max_seconds,
    )
    return logins, MailboxLimiter(clock=clock, mails_per_hour=settings.mails_per_hour)


def _references(settings: Settings) -> References:
    if settings.reference_strategy == "random":
        return RandomReferences(settings.store)
    is_gapless = settings.reference_strategy == "sequence"
    return SequentialReferences(settings.store, largest_step=1 if is_gapless else LARGEST_STEP)
