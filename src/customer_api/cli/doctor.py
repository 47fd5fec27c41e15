"""`customer-api doctor`."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from customer_api.anonymization.errors import AnonymizersInvalid
from customer_api.anonymization.registry import load_exporters, load_registry
from customer_api.cli.environment import is_embedded, reason, settings_or_exit
from customer_api.core import schema
from customer_api.core.clock import SystemClock
from customer_api.core.engines import parse_url
from customer_api.core.settings import PREFIX, Settings
from customer_api.mail.errors import ServerUnavailable
from customer_api.mail.outbox import Outbox
from customer_api.mail.transport import open_transport
from customer_api.security import redis_counters
from customer_api.security.signing_keys import SigningKeyInvalid, load_signing_keys

RECOMMENDED_MEMORY_KIB = 19456
"""OWASP's least memory for argon2id with two passes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` says what to do, None when all is well."""

    subject: str
    state: str
    mend: str | None = None


@click.command()
def doctor() -> None:
    """Look at settings, database, migrations, keys, mail and plugins; say how to mend them.

    Nothing is changed and no mail is sent. Exits with 1 when something must be mended.

    \b
    Example:
      customer-api doctor
    """
    settings = settings_or_exit()
    findings = [Finding("settings", "read")]
    for look in CHECKS:
        findings.extend(look(settings))
    for finding in findings:
        mark = "ok  " if finding.mend is None else "MEND"
        click.echo(f"{mark} {finding.subject}: {finding.state}")
        if finding.mend is not None:
            click.echo(f"     {finding.mend}")
    if any(finding.mend is not None for finding in findings):
        raise SystemExit(1)


def check_database(settings: Settings) -> Iterator[Finding]:
    """Yield whether the database answers and has this program's schema."""
    url = parse_url(settings.database_url.get_secret_value())
    if is_embedded(settings) and not Path(str(url.database)).exists():  # connecting would make it
        yield Finding("database", "the file does not exist", "run `customer-api migrate`")
        return
    try:
        revision = schema.with_connection(url, schema.current_revision)
    except (SQLAlchemyError, OSError) as error:
        yield Finding(
            "database",
            f"no connection ({reason(error)})",
            f"start it, or correct {PREFIX}DATABASE_URL",
        )
        return
    yield Finding("database", f"{url.get_backend_name()} answers")
    head = schema.head_revision()
    if revision == head:
        yield Finding("migrations", f"at {head}")
    else:
        state = f"at {revision or 'none'}, but this program needs {head}"
        is_newer = revision is not None and not schema.is_known(revision)
        mend = "install the newer program" if is_newer else "run `customer-api migrate`"
        yield Finding("migrations", state, mend)


def check_keys(settings: Settings) -> Iterator[Finding]:
    """Yield whether every signing key can be used."""
    try:
        keys = load_signing_keys(settings.signing_keys)
    except SigningKeyInvalid as error:
        yield Finding("signing keys", str(error), "run `customer-api migrate` to generate one")
        return
    yield Finding("signing keys", f"{len(keys)} usable; {keys[0].kid} signs")


def check_mail(settings: Settings) -> Iterator[Finding]:
    """Yield whether the mail settings can be understood and the server can be reached."""
    try:
        Outbox(clock=SystemClock(), sender=settings.mail_from)
    except ValueError as error:
        yield Finding("mail sender", str(error), f"correct {PREFIX}MAIL_FROM")
    try:
        transport = open_transport(settings.mail_url.get_secret_value())
    except ValueError as error:
        yield Finding("mail", str(error), f"correct {PREFIX}MAIL_URL")
        return
    try:
        asyncio.run(transport.check())
    except ServerUnavailable as error:
        yield Finding("mail", f"cannot be delivered ({error.code})", "mend the mail server")
    else:
        yield Finding("mail", "can be delivered")


def check_counters(settings: Settings) -> Iterator[Finding]:
    """Yield where clients are counted, and whether the server that does it answers."""
    url = settings.rate_limit_storage.get_secret_value()
    if url == "database":
        yield Finding("rate limits", "counted in the database")
        return
    correct = f"correct {PREFIX}RATE_LIMIT_STORAGE"
    try:
        if redis_counters.answers(url):
            yield Finding("rate limits", "the counter server answers")
        else:
            yield Finding("rate limits", "the counter server is lost", f"start it, or {correct}")
    except ValueError as error:
        yield Finding("rate limits", str(error), correct)


def check_plugins(settings: Settings) -> Iterator[Finding]:
    """Yield which anonymizers run."""
    try:
        registry = load_registry(settings.required_anonymizers)
        load_exporters()
    except AnonymizersInvalid as error:
        yield Finding("anonymizers", str(error), "install or repair the plugin")
        return
    yield Finding("anonymizers", ", ".join(anonymizer.name for anonymizer in registry))


def check_hashing(settings: Settings) -> Iterator[Finding]:
    """Yield whether password hashes are as costly as they should be."""
    if settings.hash_memory_kib < RECOMMENDED_MEMORY_KIB:
        yield Finding(
            "password hashing",
            f"{settings.hash_memory_kib} KiB is too cheap",
            f"set {PREFIX}HASH_MEMORY_KIB to {RECOMMENDED_MEMORY_KIB} or more",
        )
    else:
        yield Finding("password hashing", f"argon2id with {settings.hash_memory_kib} KiB")


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    check_database,
    check_keys,
    check_mail,
    check_counters,
    check_plugins,
    check_hashing,
)
