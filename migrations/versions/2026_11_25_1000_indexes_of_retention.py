"""Retention finds old sessions and keys by indexes.

Revision: 5d2a9c7e4b13, after 7c1d0e93ab54.
"""

import sqlalchemy as sa
from alembic import op

revision = "5d2a9c7e4b13"
down_revision = "7c1d0e93ab54"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes."""
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index(
        "ix_sessions_ended_at",
        "sessions",
        ["ended_at"],
        postgresql_where=ended,
        sqlite_where=ended,
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_one_time_keys_expires_at", "one_time_keys", ["expires_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_one_time_keys_expires_at", "one_time_keys")
    op.drop_index("ix_sessions_expires_at", "sessions")
    op.drop_index("ix_sessions_ended_at", "sessions")
