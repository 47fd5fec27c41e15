"""Cards and their points.

Revision: 0001.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table. Rows of customers are never deleted, so the reference always leads somewhere."""
    op.create_table(
        "loyalty_cards",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("customer_id", sa.BigInteger(), sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("holder", sa.String(200)),
        sa.Column("holder_email", sa.String(320)),
        sa.Column("points", sa.Integer(), nullable=False),
    )
    op.create_index("ix_loyalty_cards_customer_id", "loyalty_cards", ["customer_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("loyalty_cards")
