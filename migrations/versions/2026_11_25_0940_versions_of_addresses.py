"""Addresses count their changes, as customers do.

Revision: 1f4f7a2c9b60, after 7c1d0e93ab54.
"""

import sqlalchemy as sa
from alembic import op

revision = "1f4f7a2c9b60"
down_revision = "7c1d0e93ab54"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count; its default serves programs that do not know it."""
    version = sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1"))
    op.add_column("addresses", version)


def downgrade() -> None:
    """Drop the count."""
    op.drop_column("addresses", "version")
