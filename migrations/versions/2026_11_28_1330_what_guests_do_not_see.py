"""Resource types hidden from guests.

Revision: e3a7c1059d42, after 1b94d0e7a35c.
"""

import sqlalchemy as sa
from alembic import op

revision = "e3a7c1059d42"
down_revision = "1b94d0e7a35c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, empty: the setting counts until somebody edits what is hidden."""
    op.create_table(
        "customer_access",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("resource_types", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_access")),
    )


def downgrade() -> None:
    """Drop it; the setting counts again."""
    op.drop_table("customer_access")
