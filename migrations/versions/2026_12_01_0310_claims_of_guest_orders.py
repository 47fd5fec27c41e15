"""Customers who have proven their mailbox can claim orders that they placed as guests.

Revision: 2b8f4ad07c35, after b81d6a3f5c02.
"""

import sqlalchemy as sa
from alembic import op

revision = "2b8f4ad07c35"
down_revision = "b81d6a3f5c02"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CLAIMABLE = sa.text("guest_email_key IS NOT NULL")
GUESTS = ("guest_email_key", "placed_at")


def upgrade() -> None:
    """Add empty columns: who has proven a mailbox before is not known, nor who the guests were."""
    op.add_column("customers", sa.Column("proven_email_key", sa.String(length=320), nullable=True))
    op.add_column("orders", sa.Column("guest_email_key", sa.String(length=320), nullable=True))
    op.add_column("orders", sa.Column("claims_closed_at", MOMENT, nullable=True))
    for name in GUESTS:
        op.create_index(
            f"ix_orders_guests_{name}",
            "orders",
            [name],
            postgresql_where=CLAIMABLE,
            sqlite_where=CLAIMABLE,
        )


def downgrade() -> None:
    """Drop them; orders that were claimed stay their customers'."""
    for name in GUESTS:
        op.drop_index(f"ix_orders_guests_{name}", "orders")
    op.drop_column("orders", "claims_closed_at")
    op.drop_column("orders", "guest_email_key")
    op.drop_column("customers", "proven_email_key")
