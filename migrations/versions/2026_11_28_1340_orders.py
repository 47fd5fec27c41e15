"""Orders that the order system pushes.

Revision: 50f6b28ce917, after e3a7c1059d42.
"""

import sqlalchemy as sa
from alembic import op

revision = "50f6b28ce917"
down_revision = "e3a7c1059d42"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table, with an index for each customer's orders, the last one first."""
    op.create_table(
        "orders",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_mode", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=50), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("billing_address", sa.JSON(), nullable=True),
        sa.Column("shipping_address", sa.JSON(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_orders_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index("uq_orders_reference", "orders", ["reference"], unique=True)
    op.create_index(
        "ix_orders_customer_id_placed_at_id", "orders", ["customer_id", "placed_at", "id"]
    )


def downgrade() -> None:
    """Drop it; the order system can push its orders again."""
    op.drop_table("orders")
