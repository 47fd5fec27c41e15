"""Sessions get a device and a time of last use.

Revision: 8c1f5e0b7a42, after 402a606b7d5a.
"""

import sqlalchemy as sa
from alembic import op

revision = "8c1f5e0b7a42"
down_revision = "402a606b7d5a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; without a value they mean "not known" and "not since the login"."""
    op.add_column("sessions", sa.Column("device", sa.String(length=200), nullable=True))
    op.add_column("sessions", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("sessions", "last_used_at")
    op.drop_column("sessions", "device")
