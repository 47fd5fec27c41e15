"""`customer-api import`."""

import click
from typing_extensions import Unpack

from customer_api.api.v1 import countries
from customer_api.bootstrap import Container
from customer_api.cli.environment import settings_or_exit
from customer_api.cli.importing import (
    ImportJob,
    ImportOptions,
    import_options,
    import_rows,
    run_import,
)
from customer_api.cli.order_check import order_check
from customer_api.core.clock import SystemClock
from customer_api.transfers.addresses.columns import address_columns
from customer_api.transfers.addresses.importing import AddressImport
from customer_api.transfers.customers.columns import (
    customer_columns,
    parse_hash,
    parse_hash_or_clear_text,
)
from customer_api.transfers.customers.importing import CustomerImport
from customer_api.transfers.erasures.columns import erasure_columns
from customer_api.transfers.erasures.importing import ErasureImport
from customer_api.transfers.groups.columns import group_columns
from customer_api.transfers.groups.importing import GroupImport
from customer_api.transfers.members.columns import member_columns
from customer_api.transfers.members.importing import MemberImport
from customer_api.transfers.notes.columns import note_columns
from customer_api.transfers.notes.importing import NoteImport
from customer_api.transfers.orders.columns import order_columns
from customer_api.transfers.orders.importing import OrderImport
from customer_api.transfers.subscriptions.columns import subscription_columns
from customer_api.transfers.subscriptions.importing import SubscriptionImport


@click.group(name="import")
def import_() -> None:
    """Import files of other shops."""


@import_.command()
@click.option(
    "--overwrite-passwords",
    is_flag=True,
    help="Replace passwords that differ from the file's, and end these customers' sessions. "
    "Otherwise only customers who never had a password get one.",
)
@click.option(
    "--allow-clear-text-passwords",
    is_flag=True,
    help="Hash passwords that are not hashed. The password policy does not apply.",
)
@import_options
def customers(
    *,
    overwrite_passwords: bool,
    allow_clear_text_passwords: bool,
    **options: Unpack[ImportOptions],
) -> None:
    """Create and change customers from a file: CSV with a header, or one JSON object a line.

    \b
    Columns, in any order:
      customer_reference  needed; known ones are changed, others created
      email               needed; unique, whatever the spelling
      locale_name         a locale of the store, such as de_DE
      salutation          Mr, Mrs, Ms, Dr or n/a
      gender              Male or Female
      first_name, last_name, company, phone
      date_of_birth       YYYY-MM-DD
      password            a hash of bcrypt, argon2, PBKDF2, scrypt, phpass, salted SHA
                          or hash:salt:version; docs/operations.md has the spellings
      registered          YYYY-MM-DD or a moment; empty = who is new must still confirm

    What the file has no column for stays as it is. Refused rows are named by line on standard
    error, all others are imported, and doing it again changes nothing. Nobody gets a mail. An
    embedded SQLite database is migrated first.

    What is committed is noted in a file beside the report, or beside FILE without one, which goes
    away in the end; --resume goes on from there.

    \b
    Exit codes: 0 all rows imported, 1 some rows refused,
    2 the file, the settings or the database cannot be used.

    \b
    Examples:
      customer-api import customers customers.csv
      customer-api import customers --dry-run --report refused.csv customers.csv
      customer-api import customers --resume customers.ndjson
    """
    settings = settings_or_exit()
    columns = customer_columns(
        locales=settings.locales,
        now=SystemClock().now(),
        parse_password=parse_hash_or_clear_text if allow_clear_text_passwords else parse_hash,
    )

    def make_kind(container: Container) -> CustomerImport:
        return CustomerImport(
            columns,
            units=container.units,
            clock=container.clock,
            hasher=container.hasher,
            store=settings.store,
            overwrites_passwords=overwrite_passwords,
        )

    rules = {"overwrites": overwrite_passwords, "clear_text": allow_clear_text_passwords}
    run_import(settings, ImportJob("customers", columns, make_kind, rules), options)


@import_.command()
@import_options
def addresses(**options: Unpack[ImportOptions]) -> None:
    """Create and change addresses from a file: CSV with a header, or one JSON object a line.

    \b
    Columns, in any order:
      customer_reference  needed; the customer must be there
      address_uuid        known ones are changed, others created; without it, an address is
                          created unless its customer has the very same
      salutation          Mr, Mrs, Ms, Dr or n/a
      country_code        two capital letters (ISO 3166-1)
      first_name, last_name, address1, address2, address3, zip_code, city,
      company, phone, comment
      is_default_billing, is_default_shipping
                          true, false or empty; empty = as it is, and a new address
                          becomes a default of which there is none yet

    What the file has no column for stays as it is. Refused rows are named by line on standard
    error, all others are imported, and doing it again changes nothing. Removed addresses and
    anonymized customers are never revived. --resume goes on where an import was cut off.

    \b
    Exit codes: 0 all rows imported, 1 some rows refused,
    2 the file, the settings or the database cannot be used.

    \b
    Examples:
      customer-api import addresses addresses.csv
      customer-api import addresses --dry-run --report refused.csv addresses.ndjson
    """
    columns = address_columns(countries.is_known)
    import_rows("addresses", columns, lambda it: AddressImport(columns, clock=it.clock), options)


@import_.command()
@import_options
def groups(**options: Unpack[ImportOptions]) -> None:
    """Create and change groups of customers, without their members.

    \b
    Columns, in any order:
      group_name   needed; no two groups have the same
      group_uuid   known ones are changed, even by name; without it the name tells which
      description

    Everything else is as with addresses.

    \b
    Example:
      customer-api import groups groups.csv
    """
    columns = group_columns()
    import_rows("groups", columns, lambda it: GroupImport(columns, clock=it.clock), options)


@import_.command()
@import_options
def members(**options: Unpack[ImportOptions]) -> None:
    """Put customers into groups; nobody is taken out of one.

    \b
    Columns, in any order:
      group_name, customer_reference  needed; both must be there
      added                           YYYY-MM-DD; empty = now

    Everything else is as with addresses.

    \b
    Example:
      customer-api import members members.csv
    """
    columns = member_columns(now=SystemClock().now())
    import_rows("members", columns, lambda it: MemberImport(columns, clock=it.clock), options)


@import_.command()
@import_options
def notes(**options: Unpack[ImportOptions]) -> None:
    """Add notes about customers; a note is never changed.

    \b
    Columns, in any order:
      customer_reference  needed; the customer must be there
      text                needed
      note_uuid           without it, a note is added unless its customer has the very same
      author_kind         operator, client or command_line; empty = command_line
      author              uuid of the operator or client
      created             YYYY-MM-DD; empty = now

    Everything else is as with addresses.

    \b
    Example:
      customer-api import notes notes.ndjson
    """
    columns = note_columns(now=SystemClock().now())
    import_rows("notes", columns, lambda it: NoteImport(columns, clock=it.clock), options)


@import_.command()
@import_options
def orders(**options: Unpack[ImportOptions]) -> None:
    """Store orders; a row replaces the whole order.

    \b
    Columns, in any order:
      order_reference     needed; known ones are replaced, others created
      customer_reference  must be there, if only anonymized; empty = a guest
      guest_email         of a guest, who can claim the order with it
      placed_at           needed; YYYY-MM-DDTHH:MM:SSZ
      currency, price_mode, state, totals, items
                          needed
      expenses, payments, shipments, billing_address, shipping_address

    totals, addresses and lists are JSON with the members of the back office's orders, in CSV as
    the text of the cell. What the file has no column for becomes empty. Everything else is as with
    addresses.

    \b
    Example:
      customer-api import orders orders.ndjson
    """
    columns = order_columns()
    check = order_check(SystemClock().now().date())
    import_rows(
        "orders", columns, lambda it: OrderImport(columns, check=check, clock=it.clock), options
    )


@import_.command()
@import_options
def subscriptions(**options: Unpack[ImportOptions]) -> None:
    """Take over who subscribes to newsletters, and who ended that. Nobody gets a mail.

    \b
    Columns, in any order:
      newsletter_type     needed; the name of a newsletter that is there
      email               needed; whom it goes to
      state               needed; subscribed, unsubscribed or bounced
      confirmed           needed of who is subscribed: when the mailbox confirmed it
      asked, ended        YYYY-MM-DD
      customer_reference  empty = a guest; else the customer must be there
      text_version        of the text that was agreed to; empty = the present one
      locale, channel
      unsubscribe_key     in the links of mails that were sent before; empty = a new one

    An empty cell leaves what is there. What has ended here, no file begins again. Everything else is
    as with addresses.

    \b
    Example:
      customer-api import subscriptions subscriptions.csv
    """
    locales = settings_or_exit().locales
    columns = subscription_columns(locales=locales, now=SystemClock().now())
    import_rows(
        "subscriptions",
        columns,
        lambda it: SubscriptionImport(columns, clock=it.clock, locale=locales[0]),
        options,
    )


@import_.command()
@import_options
def erasures(**options: Unpack[ImportOptions]) -> None:
    """Note that customers were anonymized elsewhere, so that no file revives them here.

    \b
    Columns, in any order:
      customer_reference  needed; who is here and not anonymized is refused
      anonymized          needed; YYYY-MM-DD
      created             YYYY-MM-DD

    Import them before orders, which can be theirs. Everything else is as with addresses.

    \b
    Example:
      customer-api import erasures erasures.csv
    """
    store = settings_or_exit().store
    columns = erasure_columns(now=SystemClock().now())
    import_rows("erasures", columns, lambda _: ErasureImport(columns, store=store), options)
