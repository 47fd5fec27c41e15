"""Secrets of clients have a table, so that each stays good for its day after a rotation.

Revision: 5e0c7d94a1b6, after 8d3f6e21b0a4.
"""

import sqlalchemy as sa
from alembic import op

# ruff: noqa: S608 - the parts of these statements are constants of this file
revision = "5e0c7d94a1b6"
down_revision = "8d3f6e21b0a4"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table, and move what there is."""
    op.create_table(
        "api_client_secrets",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["api_clients.id"],
            name=op.f("fk_api_client_secrets_client_id_api_clients"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_client_secrets")),
    )
    op.create_index("ix_api_client_secrets_client_id", "api_client_secrets", ["client_id"])
    op.execute(
        "INSERT INTO api_client_secrets (client_id, digest, expires_at) "
        "SELECT id, old_secret_digest, old_secret_expires_at FROM api_clients "
        "WHERE old_secret_digest IS NOT NULL"
    )
    op.execute(
        "INSERT INTO api_client_secrets (client_id, digest) "
        "SELECT id, secret_digest FROM api_clients"
    )
    for column in ("secret_digest", "old_secret_digest", "old_secret_expires_at"):
        op.drop_column("api_clients", column)


def downgrade() -> None:
    """Move the present secret and the last one before it back; others end."""
    op.add_column("api_clients", sa.Column("old_secret_expires_at", MOMENT, nullable=True))
    op.add_column("api_clients", sa.Column("old_secret_digest", sa.LargeBinary(32), nullable=True))
    op.add_column(
        "api_clients",
        sa.Column(
            "secret_digest", sa.LargeBinary(32), nullable=False, server_default=sa.text("''")
        ),
    )
    for column, value, which in (
        ("secret_digest", "digest", "expires_at IS NULL"),
        ("old_secret_digest", "digest", "expires_at IS NOT NULL"),
        ("old_secret_expires_at", "expires_at", "expires_at IS NOT NULL"),
    ):
        last = (
            f"SELECT {value} FROM api_client_secrets WHERE client_id = api_clients.id "
            f"AND {which} ORDER BY id DESC LIMIT 1"
        )
        op.execute(f"UPDATE api_clients SET {column} = coalesce(({last}), {column})")
    op.drop_table("api_client_secrets")
