"""One-time keys that lead to an e-mail address: changes of it and their undo.

Revision: 7c1d0e93ab54, after 8c1f5e0b7a42.
"""

import sqlalchemy as sa
from alembic import op

revision = "7c1d0e93ab54"
down_revision = "8c1f5e0b7a42"
branch_labels = None
depends_on = None

HAS_EMAIL = sa.text("email_key IS NOT NULL")


def upgrade() -> None:
    """Add the address; the keys of before have none."""
    op.add_column("one_time_keys", sa.Column("email", sa.String(length=320), nullable=True))
    op.add_column("one_time_keys", sa.Column("email_key", sa.String(length=320), nullable=True))
    op.create_index(
        "ix_one_time_keys_email_key",
        "one_time_keys",
        ["email_key"],
        postgresql_where=HAS_EMAIL,
        sqlite_where=HAS_EMAIL,
    )


def downgrade() -> None:
    """Forget the keys that the older program does not know, and the address."""
    op.execute(
        "DELETE FROM one_time_keys WHERE purpose IN ('email_change', 'email_undo', 'password_undo')"
    )
    op.drop_index("ix_one_time_keys_email_key", table_name="one_time_keys")
    op.drop_column("one_time_keys", "email_key")
    op.drop_column("one_time_keys", "email")
