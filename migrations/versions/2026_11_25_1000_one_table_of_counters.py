"""One table for all counters, without network addresses.

Revision: b7d20c9e4f16, after 5d2a9c7e4b13.
"""

import sqlalchemy as sa
from alembic import op

revision = "b7d20c9e4f16"
down_revision = "5d2a9c7e4b13"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Counters start anew: what the old tables counted is over within a day anyway."""
    op.create_table(
        "counters",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=320), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_counters")),
    )
    op.create_index(op.f("ix_counters_subject"), "counters", ["subject"], unique=False)
    op.create_index(op.f("ix_counters_ends_at"), "counters", ["ends_at"], unique=False)
    op.drop_table("login_failures")
    op.drop_table("mailbox_limits")


def downgrade() -> None:
    """Bring the old tables back, empty."""
    op.create_table(
        "mailbox_limits",
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("window_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_mailbox_limits")),
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
    op.drop_table("counters")
