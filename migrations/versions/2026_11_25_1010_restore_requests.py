"""Requests for restore mails are stored first and answered afterwards.

Revision: 3e91a7d5c208, after b7d20c9e4f16.
"""

import sqlalchemy as sa
from alembic import op

revision = "3e91a7d5c208"
down_revision = "b7d20c9e4f16"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table; workers empty it within seconds, so it needs no index."""
    op.create_table(
        "restore_requests",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restore_requests")),
    )


def downgrade() -> None:
    """Drop it; whoever waits asks again."""
    op.drop_table("restore_requests")
