"""Newsletters, and who gets them.

Revision: b81d6a3f5c02, after 7c2f0b9d4e18.
"""

import sqlalchemy as sa
from alembic import op

revision = "b81d6a3f5c02"
down_revision = "7c2f0b9d4e18"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "newsletter_types",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=70), nullable=False),
        sa.Column("name_key", sa.String(length=280), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_types")),
    )
    for column in ("uuid", "name_key"):
        op.create_index(f"uq_newsletter_types_{column}", "newsletter_types", [column], unique=True)
    op.create_table(
        "newsletter_texts",
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["newsletter_types.id"],
            name=op.f("fk_newsletter_texts_type_id_newsletter_types"),
        ),
        sa.PrimaryKeyConstraint("type_id", "version", name=op.f("pk_newsletter_texts")),
    )
    op.create_table(
        "newsletter_requests",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=50), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["newsletter_types.id"],
            name=op.f("fk_newsletter_requests_type_id_newsletter_types"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_requests")),
    )
    op.create_index("ix_newsletter_requests_email_key", "newsletter_requests", ["email_key"])
    _create_subscriptions()


def _create_subscriptions() -> None:
    table = "newsletter_subscriptions"
    op.create_table(
        table,
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("type_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=50), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("key_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("key_expires_at", MOMENT, nullable=True),
        sa.Column("unsubscribe_key", sa.String(length=43), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["newsletter_types.id"],
            name=op.f("fk_newsletter_subscriptions_type_id_newsletter_types"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_newsletter_subscriptions_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_subscriptions")),
    )
    for name in ("uuid", "key_digest", "unsubscribe_key"):
        op.create_index(f"uq_{table}_{name}", table, [name], unique=True)
    op.create_index(f"uq_{table}_email_key_type_id", table, ["email_key", "type_id"], unique=True)
    op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])
    op.create_index(f"ix_{table}_state_asked_at", table, ["state", "asked_at"])


def downgrade() -> None:
    """Drop them with every consent."""
    for table in ("subscriptions", "requests", "texts", "types"):
        op.drop_table(f"newsletter_{table}")
