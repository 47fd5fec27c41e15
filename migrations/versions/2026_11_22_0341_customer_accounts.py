"""Customers with their addresses, credentials, sessions, mails and receipts.

Revision: 402a606b7d5a, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "402a606b7d5a"
down_revision = None
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDRESS_KEYS = (
    ("default_billing_address_id", "fk_customers_default_billing_address"),
    ("default_shipping_address_id", "fk_customers_default_shipping_address"),
)


def upgrade() -> None:
    """Create all tables.

    Customers and addresses refer to each other: SQLite takes the keys of customers before there are
    addresses and cannot add them later; PostgreSQL wants it the other way round.
    """
    is_sqlite = op.get_context().dialect.name == "sqlite"
    inline = [
        sa.ForeignKeyConstraint(
            [column, "id"], ["addresses.id", "addresses.customer_id"], name=name
        )
        for column, name in ADDRESS_KEYS
        if is_sqlite
    ]
    op.create_table(
        "customers",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("salutation", sa.String(length=20), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=True),
        sa.Column("last_name", sa.String(length=100), nullable=True),
        sa.Column("gender", sa.String(length=20), nullable=True),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("company", sa.String(length=100), nullable=True),
        sa.Column("phone", sa.String(length=255), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("default_billing_address_id", sa.BigInteger(), nullable=True),
        sa.Column("default_shipping_address_id", sa.BigInteger(), nullable=True),
        sa.Column("anonymized_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *inline,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index("uq_customers_email_key", "customers", ["email_key"], unique=True)
    op.create_index("uq_customers_reference", "customers", ["reference"], unique=True)
    unconfirmed = sa.text("registered_at IS NULL AND anonymized_at IS NULL")
    op.create_index(
        "ix_customers_unconfirmed",
        "customers",
        ["id"],
        postgresql_where=unconfirmed,
        sqlite_where=unconfirmed,
    )
    op.create_table(
        "login_failures",
        sa.Column("subject", sa.String(length=320), nullable=False),
        sa.Column("client_address", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "client_address", name=op.f("pk_login_failures")),
    )
    op.create_index(
        op.f("ix_login_failures_updated_at"), "login_failures", ["updated_at"], unique=False
    )
    op.create_table(
        "mailbox_limits",
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_mailbox_limits")),
    )
    op.create_table(
        "reference_sequences",
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_reference_sequences")),
    )
    op.create_table(
        "addresses",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("salutation", sa.String(length=20), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=True),
        sa.Column("last_name", sa.String(length=100), nullable=True),
        sa.Column("address1", sa.String(length=255), nullable=True),
        sa.Column("address2", sa.String(length=255), nullable=True),
        sa.Column("address3", sa.String(length=255), nullable=True),
        sa.Column("zip_code", sa.String(length=15), nullable=True),
        sa.Column("city", sa.String(length=255), nullable=True),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("company", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=255), nullable=True),
        sa.Column("comment", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_addresses_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
    )
    op.create_index("ix_addresses_customer_id_id", "addresses", ["customer_id", "id"], unique=False)
    op.create_index("uq_addresses_id_customer_id", "addresses", ["id", "customer_id"], unique=True)
    op.create_index("uq_addresses_uuid", "addresses", ["uuid"], unique=True)
    op.create_table(
        "credentials",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.String(length=512), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_credentials_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "erasure_receipts",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows_by_anonymizer", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_erasure_receipts_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_receipts")),
    )
    op.create_index(
        "uq_erasure_receipts_customer_id", "erasure_receipts", ["customer_id"], unique=True
    )
    op.create_table(
        "mails",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("template", sa.String(length=50), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=True),
        sa.Column("variables", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_mails_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(op.f("ix_mails_customer_id"), "mails", ["customer_id"], unique=False)
    op.create_index(op.f("uq_mails_message_id"), "mails", ["message_id"], unique=True)
    op.create_index(
        op.f("ix_mails_state_next_try_at"), "mails", ["state", "next_try_at"], unique=False
    )
    op.create_table(
        "one_time_keys",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_one_time_keys_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_keys")),
    )
    op.create_index(
        "ix_one_time_keys_customer_id_purpose",
        "one_time_keys",
        ["customer_id", "purpose"],
        unique=False,
    )
    op.create_index("uq_one_time_keys_digest", "one_time_keys", ["digest"], unique=True)
    op.create_table(
        "registrations",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("awaits_confirmation", sa.Boolean(), nullable=False),
        sa.Column("is_repeated", sa.Boolean(), nullable=False),
        sa.Column("terms_version", sa.String(length=50), nullable=True),
        sa.Column("terms_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_registrations_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_registrations")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_sessions_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_customer_id", "sessions", ["customer_id"], unique=False)
    op.create_index("uq_sessions_uuid", "sessions", ["uuid"], unique=True)
    op.create_table(
        "refresh_tokens",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_refresh_tokens_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"], unique=False)
    op.create_index("uq_refresh_tokens_digest", "refresh_tokens", ["digest"], unique=True)
    if not is_sqlite:
        for column, name in ADDRESS_KEYS:
            op.create_foreign_key(
                name, "customers", "addresses", [column, "id"], ["id", "customer_id"]
            )


def downgrade() -> None:
    """Drop all tables."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("PRAGMA defer_foreign_keys = ON")
    else:
        for _, name in ADDRESS_KEYS:
            op.drop_constraint(name, "customers", type_="foreignkey")
    for table in (
        "refresh_tokens",
        "sessions",
        "registrations",
        "one_time_keys",
        "mails",
        "erasure_receipts",
        "credentials",
        "addresses",
        "reference_sequences",
        "mailbox_limits",
        "login_failures",
        "customers",
    ):
        op.drop_table(table)
