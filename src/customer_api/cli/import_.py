"""`customer-api import`."""

import click
from typing_extensions import Unpack

from customer_api.api.v1 import countries
from customer_api.bootstrap import Container
from customer_api.cli.environment import settings_or_exit
from customer_api.cli.importing import ImportJob, ImportOptions, import_options, run_import
from customer_api.core.clock import SystemClock
from customer_api.transfers.addresses.columns import address_columns
from customer_api.transfers.addresses.importing import AddressImport
from customer_api.transfers.customers.columns import (
    customer_columns,
    parse_hash,
    parse_hash_or_clear_text,
)
from customer_api.transfers.customers.importing import CustomerImport


@click.group(name="import")
def import_() -> None:
    """Import files of other shops."""


@import_.command()
@click.option(
    "--overwrite-passwords",
    is_flag=True,
    help="Replace passwords that differ from the file's, and end these customers' sessions. "
    "Otherwise only customers without a password get one.",
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
      registered          YYYY-MM-DD; empty = must still be confirmed

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

    def make_kind(container: Container) -> AddressImport:
        return AddressImport(columns, clock=container.clock)

    run_import(settings_or_exit(), ImportJob("addresses", columns, make_kind, {}), options)
