"""Events for the outside world, and their receivers.

Revision: 7c2f0b9d4e18, after 6f2d84c1b9e7.
"""

import sqlalchemy as sa
from alembic import op

revision = "7c2f0b9d4e18"
down_revision = "6f2d84c1b9e7"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
UNNUMBERED = sa.text("sequence IS NULL")


def upgrade() -> None:
    """Create the tables; nothing is told of what happened before."""
    op.create_table(
        "events",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=50), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    for column in ("uuid", "sequence"):
        op.create_index(f"uq_events_{column}", "events", [column], unique=True)
    op.create_index(
        "ix_events_unnumbered",
        "events",
        ["id"],
        postgresql_where=UNNUMBERED,
        sqlite_where=UNNUMBERED,
    )
    op.create_table(
        "event_log",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("purged", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_log")),
    )
    op.create_table(
        "event_subscriptions",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=70), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("has_personal_data", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("old_secret", sa.String(length=64), nullable=True),
        sa.Column("old_secret_expires_at", MOMENT, nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(length=50), nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_subscriptions")),
    )
    op.create_index("uq_event_subscriptions_uuid", "event_subscriptions", ["uuid"], unique=True)
    op.create_table(
        "undelivered_events",
        sa.Column("subscription_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("parked_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["event_subscriptions.id"],
            name=op.f("fk_undelivered_events_subscription_id_event_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "sequence", name=op.f("pk_undelivered_events")),
    )
    op.create_index(
        "ix_undelivered_events_subscription_id_subject_sequence",
        "undelivered_events",
        ["subscription_id", "subject", "sequence"],
    )
    op.create_index("ix_undelivered_events_sequence", "undelivered_events", ["sequence"])


def downgrade() -> None:
    """Drop them; what was not delivered is never told."""
    op.drop_table("undelivered_events")
    op.drop_table("event_subscriptions")
    op.drop_table("event_log")
    op.drop_table("events")
