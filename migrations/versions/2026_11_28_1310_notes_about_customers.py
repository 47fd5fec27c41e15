"""Notes about customers.

Revision: 8d2e5b71c4fa, after 6c1f0a92be37.
"""

import sqlalchemy as sa
from alembic import op

revision = "8d2e5b71c4fa"
down_revision = "6c1f0a92be37"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "customer_notes",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("author_kind", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_notes_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_notes")),
    )
    op.create_index("uq_customer_notes_uuid", "customer_notes", ["uuid"], unique=True)
    op.create_index("ix_customer_notes_customer_id_id", "customer_notes", ["customer_id", "id"])


def downgrade() -> None:
    """Drop it, with what was noted."""
    op.drop_table("customer_notes")
