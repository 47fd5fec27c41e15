"""Groups of customers and their members.

Revision: 1b94d0e7a35c, after 8d2e5b71c4fa.
"""

import sqlalchemy as sa
from alembic import op

revision = "1b94d0e7a35c"
down_revision = "8d2e5b71c4fa"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables. The key of members leads with the group, their index with the customer."""
    op.create_table(
        "customer_groups",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=70), nullable=False),
        sa.Column("name_key", sa.String(length=280), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_groups")),
    )
    for column in ("uuid", "name_key"):
        op.create_index(f"uq_customer_groups_{column}", "customer_groups", [column], unique=True)
    op.create_table(
        "customer_group_members",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["customer_groups.id"],
            name=op.f("fk_customer_group_members_group_id_customer_groups"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_group_members_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("group_id", "customer_id", name=op.f("pk_customer_group_members")),
    )
    op.create_index(
        "ix_customer_group_members_customer_id_group_id",
        "customer_group_members",
        ["customer_id", "group_id"],
    )


def downgrade() -> None:
    """Drop them, the memberships first."""
    op.drop_table("customer_group_members")
    op.drop_table("customer_groups")
