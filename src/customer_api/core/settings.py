"""Settings: environment variables with the prefix `CUSTOMER_API_`, or the same names in `.env`.

Lists are comma-separated. A name with the prefix that is no setting stops the start, because a
misspelt security setting must not pass for a set one.
"""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from typing_extensions import override

PREFIX: Final = "CUSTOMER_API_"
REDIS_SCHEMES: Final = ("redis", "rediss", "redis+unix", "valkey", "valkeys", "valkey+unix")

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

REGISTRATION_FIELDS: Final = (
    "gender",
    "salutation",
    "firstName",
    "lastName",
    "confirmPassword",
    "acceptedTerms",
    "dateOfBirth",
    "phone",
)
"""What a shop may demand at registration beside e-mail and password."""

CHARACTER_RULE: Final = (
    r"^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[!@#$%^&*()_\-+=\[\]{}|\\;:<>.,/?~])"
    r"[A-Za-z\d!@#$%^&*()_\-+=\[\]{}|\\;:<>.,/?~]*$"
)


class SettingsInvalid(Exception):
    """The environment cannot be turned into settings; the message says what to mend."""


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """All that can be set; `docs/settings.md` is generated from the descriptions here."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    # Database
    database_url: SecretStr = Field(
        SecretStr("sqlite:///var/customer-api.db"),
        description="`sqlite:///path` (relative paths start at the working directory) or "
        "`postgresql://user:password@host/database`. The driver is the program's business.",
    )
    database_pool_size: int = Field(
        10, ge=1, le=200, description="PostgreSQL connections per process at the most."
    )
    database_pool_timeout_seconds: float = Field(
        5.0, gt=0, le=60, description="How long a request waits for a connection before its 503."
    )
    database_statement_timeout_seconds: float = Field(
        10.0,
        gt=0,
        le=600,
        description="No statement of a request runs longer; on SQLite counted from the start of its transaction.",
    )
    database_busy_timeout_seconds: float = Field(
        5.0,
        gt=0,
        le=60,
        description="How long a write waits for another process's, and any request for other "
        "requests of its process (SQLite).",
    )

    # Mail
    mail_url: SecretStr = Field(
        SecretStr("files:./var/mail"),
        description="Where mails go: `files:directory` (one `.eml` a mail), "
        "`smtp://user:password@host:port`, `smtps://...` (TLS from the start) or "
        "`smtp+starttls://...` (TLS demanded by STARTTLS).",
    )
    mail_from: str = Field("shop@localhost.localdomain", description="Sender address of all mails.")
    mail_worker: bool = Field(
        default=True,
        description="Whether the server process delivers mails and events itself; switch it off when "
        "`customer-api worker` runs beside it.",
    )
    newsletter_link: str = Field(
        "{storefront}/newsletter/confirm?token={key}",
        description="Page that posts the key to `newsletter-confirmation`.",
    )
    newsletter_unsubscription_link: str = Field(
        "{storefront}/newsletter/unsubscribe?token={key}",
        description="Page that posts the key to `newsletter-unsubscription`.",
    )
    newsletter_ttl_seconds: int = Field(
        172_800,
        ge=300,
        le=2_592_000,
        description="How long a mailbox has to confirm that it wants a newsletter.",
    )
    event_timeout_seconds: float = Field(
        10.0,
        ge=0.1,
        le=60,
        description="How long the receiver of an event may take to answer.",
    )
    event_plain_hosts: Names = Field(
        ("localhost", "127.0.0.1", "::1"),
        description="Hosts to which events may be sent by `http:`; all others need `https:`.",
    )
    required_anonymizers: Names = Field(
        (), description="Anonymizer plugins without which the program refuses to start."
    )
    mail_max_tries: int = Field(
        10, ge=1, le=100, description="After so many failed deliveries a mail is parked."
    )
    mail_templates: Path | None = Field(
        None,
        description="Directory with mail templates of the shop's own; a file in it replaces the "
        "built-in file of the same relative path.",
    )
    mails_per_hour: int = Field(
        3,
        ge=1,
        le=100,
        description="Mails that requests of strangers can send to one mailbox within an hour "
        "(restore, confirmation again, 'you already have an account', confirmation of a new e-mail). "
        "As many notices to its owner (a session was closed, personal data was downloaded) are "
        "counted apart.",
    )

    # Where the shop and this server are
    storefront_url: str = Field(
        "http://localhost:3000", description="Base of the links in mails; no trailing slash needed."
    )
    public_url: str | None = Field(
        None,
        description="Base of the links in answers, for example `https://api.shop.example`. When "
        "unset, the scheme and validated Host of each request are used.",
    )
    confirmation_link: str = Field(
        "{storefront}/register/confirm?token={key}",
        description="Link template of the registration confirmation mail.",
    )
    restore_link: str = Field(
        "{storefront}/password/restore?token={key}",
        description="Link template of the password restore mail.",
    )
    email_change_link: str = Field(
        "{storefront}/email/confirm?token={key}",
        description="Link template of the mail that asks a new mailbox to confirm itself.",
    )
    email_undo_link: str = Field(
        "{storefront}/email/undo?token={key}",
        description="Link template of the mail that tells the old mailbox of a changed e-mail.",
    )
    password_undo_link: str = Field(
        "{storefront}/password/undo?token={key}",
        description="Link template of the mail that tells of a changed password.",
    )
    operator_password_link: str = Field(
        "http://localhost:3001/password?token={key}",
        description="Link template by which an operator sets a password, into your back office.",
    )
    cors_origins: Names = Field(
        (), description="Origins whose scripts may call the storefront API, or `*`; empty = off."
    )
    allowed_hosts: Names = Field(
        (),
        description="Host names that requests may carry, beside localhost, 127.0.0.1, [::1] and "
        "the host of PUBLIC_URL.",
    )
    trusted_proxies: Names = Field(
        (),
        description="Addresses or networks (CIDR) whose `X-Forwarded-*` headers count.",
    )
    docs: bool = Field(default=True, description="Whether `/docs` is served.")
    receive_timeout_seconds: float = Field(
        7.0,
        gt=0,
        le=60,
        description="How long a client may take to send one request, and to take in what is "
        "written to it; then its connection is ended.",
    )

    # Store
    store: str = Field(
        "DE",
        pattern=r"^[A-Z][A-Z0-9_]{0,9}$",
        description="Name of the store; also the prefix of references (`DE--7K3MX0Q2VD`).",
    )
    store_time_zone: str = Field("Europe/Berlin", description="Time zone shown by `GET /stores`.")
    store_currencies: Names = Field(
        ("EUR", "CHF"), min_length=1, description="Currencies of the store; the first is default."
    )
    store_countries: Names = Field(
        ("AT", "CH", "DE", "ES", "FR", "GB", "IT", "NL", "PL", "US"),
        description="Countries shown by `GET /stores`. Addresses may be in any country.",
    )
    locales: Names = Field(
        ("en_US", "de_DE"),
        min_length=1,
        description="Locales of the store, the default first; `de_DE` and `de-DE` are the same.",
    )
    reference_strategy: Literal["random", "sequence", "sequence_random_step"] = Field(
        "random",
        description="How customer references are made: ten random characters, the next number, "
        "or the next number after a random step.",
    )

    # Registration
    double_opt_in: bool = Field(
        default=True, description="Whether an account works only after confirmation by mail."
    )
    required_fields: Names = Field(
        ("gender", "salutation", "firstName", "lastName", "confirmPassword", "acceptedTerms"),
        description="What a registration must contain beside `email` and `password`; any of "
        + ", ".join(f"`{name}`" for name in REGISTRATION_FIELDS)
        + ".",
    )
    terms_version: str = Field(
        "1", max_length=50, description="Version of the terms, stored with each acceptance."
    )
    registration_conflict: Literal["contract", "hidden"] = Field(
        "contract",
        description="Answer to a registration with a taken e-mail: the contract's 422, or "
        "(`hidden`) a 201 that looks like any other. The owner gets a mail in both cases.",
    )
    unconfirmed_ttl_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="Days after which a registration that was never confirmed is anonymized, but for "
        "customers with an order; 0 = never.",
    )
    email_change: Literal["verified", "immediate"] = Field(
        "verified",
        description="When another e-mail of a customer takes effect: after the new mailbox and the "
        "password confirmed it, or at once. The old mailbox is told in both cases, and can undo it.",
    )
    email_change_ttl_seconds: int = Field(
        30 * MINUTE, ge=1, le=DAY, description="Lifetime of the key that confirms a changed e-mail."
    )
    undo_ttl_seconds: int = Field(
        72 * HOUR,
        ge=1,
        le=14 * DAY,
        description="How long a change of e-mail or password can be undone from the mailbox that "
        "was told of it. As long nobody else can take the former address.",
    )
    confirmation_ttl_seconds: int = Field(
        48 * HOUR, ge=1, le=7 * DAY, description="Lifetime of a confirmation key."
    )

    # Passwords
    password_min_length: int = Field(
        12, ge=8, le=64, description="Fewest code points of a new password."
    )
    password_max_length: int = Field(
        128, ge=64, le=1024, description="Most code points of a new password."
    )
    password_pattern: str = Field(
        CHARACTER_RULE,
        description="Regular expression a new password must match; empty switches it off.",
    )
    password_sequence_limit: int = Field(
        3,
        ge=0,
        le=20,
        description="So many equal characters in a row are refused in a new password; 0 = off.",
    )
    password_deny_list: Names = Field(
        (), description="Passwords refused beside the built-in list of common ones."
    )
    password_allow_list: Names = Field(
        (),
        description="Passwords that may be common or have repeated characters, as far as length and pattern "
        "let them through. Leave it empty in production.",
    )
    restore_ttl_seconds: int = Field(
        2 * HOUR, ge=1, le=DAY, description="Lifetime of a password restore key."
    )
    password_invitation_ttl_seconds: int = Field(
        72 * HOUR,
        ge=1,
        le=14 * DAY,
        description="Lifetime of the restore key in mails that nobody asked for: "
        "`customer-api customers reset-passwords` and `set-passwords`.",
    )
    restore_without_id: bool = Field(
        default=False,
        description="Accept `PATCH /customer-restore-password` without an id in the path.",
    )
    hash_memory_kib: int = Field(
        19456, ge=8, le=1048576, description="Memory of one argon2id hash (OWASP: at least 19456)."
    )
    hash_time_cost: int = Field(2, ge=1, le=20, description="Passes of one argon2id hash.")

    hash_threads: int = Field(
        0,
        ge=0,
        le=64,
        description="Threads of each server process that hash passwords; 0 = one for each core, "
        "divided by the number of `--workers`.",
    )

    # Tokens
    signing_keys: Paths = Field(
        (Path("var/signing-key.pem"),),
        min_length=1,
        description="PEM files with private keys (EC P-256, or RSA from 2048 bits). The first "
        "signs, all verify. The default file is generated by `customer-api serve` when missing.",
    )
    token_subject: Literal["glue", "plain"] = Field(
        "glue",
        description="Claim `sub`: the JSON text that storefront clients parse, or the bare "
        "reference.",
    )
    token_audience: str = Field("customer-api", description="Claim `aud`.")
    operator_token_ttl_seconds: int = Field(
        HOUR, ge=1, le=DAY, description="Lifetime of an access token of the back office."
    )
    operator_session_ttl_seconds: int = Field(
        12 * HOUR,
        ge=1,
        le=30 * DAY,
        description="An operator logs in again after so long, however often tokens were refreshed.",
    )
    access_token_ttl_seconds: int = Field(
        8 * HOUR, ge=1, le=DAY, description="Lifetime of an access token."
    )
    refresh_token_ttl_seconds: int = Field(
        30 * DAY,
        ge=1,
        le=365 * DAY,
        description="Lifetime of a refresh token; each use renews it.",
    )
    refresh_token_max_ttl_seconds: int = Field(
        90 * DAY, ge=1, le=730 * DAY, description="Longest life of a session, however often used."
    )
    refresh_retry_seconds: int = Field(
        10,
        ge=0,
        le=300,
        description="Within this time a repeated refresh gets the same successor; 0 = strict.",
    )

    # Privacy
    fresh_login_seconds: int = Field(
        600,
        ge=60,
        le=HOUR,
        description="So long after a login the customer's personal data can be exported.",
    )
    session_history_days: int = Field(
        30, ge=1, le=365, description="Days after which ended and expired sessions are deleted."
    )
    parked_mail_days: int = Field(
        14,
        ge=1,
        le=90,
        description="Days after which address and text of an undeliverable mail are wiped.",
    )
    mail_history_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="Days after which the record that a mail was sent, or given up, is deleted.",
    )
    newsletter_history_days: int = Field(
        1095,
        ge=1,
        le=3650,
        description="How long the proof of consent is kept after a newsletter was unsubscribed.",
    )
    event_history_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="How long events can be read and replayed; those that a receiver does not have "
        "yet stay longer.",
    )
    guest_order_claim_days: int = Field(
        365,
        ge=0,
        le=3650,
        description="Days after an order was placed by a guest within which a customer with the same "
        "e-mail can claim it; then the address is forgotten.",
    )

    # Access and abuse
    protected_resource_types: Names = Field(
        ("wishlists", "wishlist-items"),
        description="Resource types hidden from guests, served by `GET /customer-access`, until "
        "somebody edits them in the back office.",
    )
    rate_limits: Literal["on", "off"] = Field(
        "on", description="`off` is for load tests only; limits and blocks are then not applied."
    )
    rate_limit_storage: SecretStr = Field(
        SecretStr("database"),
        description="Where requests of clients are counted: `database`, or a Redis or Valkey server, "
        "`redis://user:password@host:port/0` or `valkey://...` (with TLS `rediss://...`, "
        "`valkeys://...`; by a socket `redis+unix:///path`), so that floods are counted without "
        "the database. Failed logins stay in the database.",
    )
    login_failure_limit: int = Field(
        10,
        ge=1,
        le=100,
        description="Failed logins of one account from one client address before a block.",
    )
    login_block_seconds: int = Field(
        60,
        ge=1,
        le=DAY,
        description="Length of the first block; each further one is twice as long.",
    )
    login_block_max_seconds: int = Field(900, ge=1, le=DAY, description="Longest block.")
    stranger_failure_limit: int = Field(
        30,
        ge=1,
        le=1000,
        description="Failed logins of one account; after so many, client addresses that did not log "
        "in to it within 90 days wait between tries: 1 s, twice as long each time, up to 30 s.",
    )
    client_login_failure_limit: int = Field(
        100,
        ge=0,
        description="Failed logins of one client address, over all accounts, within ten minutes; "
        "0 = any number.",
    )
    client_refresh_limit: int = Field(
        2000,
        ge=0,
        description="Refreshes of one client address within ten minutes; 0 = any number.",
    )
    client_registration_limit: int = Field(
        100,
        ge=0,
        description="Registrations of one client address within ten minutes; 0 = any number.",
    )
    client_newsletter_request_limit: int = Field(
        30,
        ge=0,
        le=1_000_000,
        description="Newsletters that one client asks for within ten minutes before it gets a 429; "
        "0 = any number.",
    )
    client_restore_request_limit: int = Field(
        100,
        ge=0,
        description="Requests for a restore mail of one client address within ten minutes; "
        "0 = any number.",
    )
    client_key_limit: int = Field(
        200,
        ge=0,
        description="Mailed keys that one client address may try within ten minutes; "
        "0 = any number.",
    )

    # Repeated requests
    idempotency_ttl_seconds: int = Field(
        DAY,
        ge=60,
        le=7 * DAY,
        description="How long a request with an `Idempotency-Key` and its answer are remembered.",
    )

    # Process
    shutdown_delay_seconds: float = Field(
        5.0,
        ge=0,
        le=60,
        description="How long a server goes on after SIGTERM, not ready, before it closes its "
        "socket; longer than the proxy takes to notice.",
    )

    # Logs
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )

    @field_validator("rate_limit_storage")
    @classmethod
    def _known_storage(cls, value: SecretStr) -> SecretStr:
        scheme, separator, _ = value.get_secret_value().partition("://")
        if value.get_secret_value() != "database" and not (separator and scheme in REDIS_SCHEMES):
            raise ValueError(f"neither database nor a URL with {', '.join(REDIS_SCHEMES)}")
        return value

    @field_validator("locales")
    @classmethod
    def _canonical_locales(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not re.fullmatch(r"[a-z]{2,3}[-_][A-Z]{2}", name):
                raise ValueError(f"{name!r} is not a locale such as en_US")
        return tuple(name.replace("-", "_") for name in value)

    @field_validator("required_fields")
    @classmethod
    def _known_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in REGISTRATION_FIELDS:
                raise ValueError(f"{name!r} is none of {', '.join(REGISTRATION_FIELDS)}")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            ip_network(name, strict=False)  # its ValueError says what is wrong
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not re.fullmatch(r"https?://[^/?#@*]+", origin):
                raise ValueError(f"{origin!r} is neither * nor an origin: https://shop.example")
        return value

    @field_validator("store_currencies", "store_countries")
    @classmethod
    def _codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for code in value:
            if not re.fullmatch(r"[A-Z]{2,3}", code):
                raise ValueError(f"{code!r} is no code in capital letters")
        return value

    @field_validator("password_pattern")
    @classmethod
    def _compilable(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value

    @field_validator(
        "confirmation_link",
        "restore_link",
        "email_change_link",
        "email_undo_link",
        "password_undo_link",
        "newsletter_link",
        "newsletter_unsubscription_link",
    )
    @classmethod
    def _link_with_key(cls, value: str) -> str:
        try:
            filled = value.format(storefront="https://shop.example", key="KEY")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("only {storefront} and {key} can be filled in") from error
        if "KEY" not in filled:
            raise ValueError("{key} is missing")
        return value

    @field_validator("operator_password_link")
    @classmethod
    def _operator_link_with_key(cls, value: str) -> str:
        try:
            filled = value.format(key="KEY")
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("only {key} can be filled in") from error
        if "KEY" not in filled:
            raise ValueError("has no {key}")
        return value

    @field_validator("storefront_url", "public_url")
    @classmethod
    def _absolute_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must start with http:// or https:// and name a host")
        if parts.query or parts.fragment:
            raise ValueError("must have no query and no fragment")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.refresh_token_max_ttl_seconds < self.refresh_token_ttl_seconds:
            raise ValueError(
                f"{PREFIX}REFRESH_TOKEN_MAX_TTL_SECONDS is less than "
                f"{PREFIX}REFRESH_TOKEN_TTL_SECONDS"
            )
        if self.login_block_max_seconds < self.login_block_seconds:
            raise ValueError(
                f"{PREFIX}LOGIN_BLOCK_MAX_SECONDS is less than {PREFIX}LOGIN_BLOCK_SECONDS"
            )
        return self


class FixedSettings(Settings):
    """Settings from arguments alone, whatever the environment says: for documents and tests."""

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the arguments as the one source."""
        return (init_settings,)


def load_settings() -> Settings:
    """Read the environment and `.env`.

    Raises:
        SettingsInvalid: an unknown name with the prefix, or a value that cannot be used; the
            message names every such variable and never repeats a value.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = {*os.environ, *dotenv_values(".env")}  # noqa: TID251 - this is the reader
    unknown = sorted(n for n in given if n.upper().startswith(PREFIX) and n.upper() not in known)
    if unknown:
        raise SettingsInvalid(f"unknown settings: {', '.join(unknown)}")
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsInvalid(_describe(error)) from None


def _describe(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        name = PREFIX + str(problem["loc"][0]).upper() if problem["loc"] else "settings"
        lines.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
