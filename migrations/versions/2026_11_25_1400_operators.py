"""Operators, clients of the API, their sessions, and audit events.

Revision: 4b0c7f19de62, after 3e91a7d5c208.
"""

import sqlalchemy as sa
from alembic import op

revision = "4b0c7f19de62"
down_revision = "3e91a7d5c208"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
NOT_REMOVED = sa.text("removed_at IS NULL")


def upgrade() -> None:
    """Create the tables, all of them empty."""
    op.create_table(
        "operators",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("is_agent", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("password_key_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("password_key_expires_at", MOMENT, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
    )
    op.create_index("uq_operators_uuid", "operators", ["uuid"], unique=True)
    op.create_index(
        "uq_operators_email_key",
        "operators",
        ["email_key"],
        unique=True,
        postgresql_where=NOT_REMOVED,
        sqlite_where=NOT_REMOVED,
    )
    op.create_index(
        "uq_operators_password_key_digest", "operators", ["password_key_digest"], unique=True
    )
    op.create_table(
        "api_clients",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("grants", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("old_secret_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("old_secret_expires_at", MOMENT, nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_clients")),
    )
    op.create_index("uq_api_clients_uuid", "api_clients", ["uuid"], unique=True)
    op.create_table(
        "operator_sessions",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=True),
        sa.Column("client_id", sa.BigInteger(), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("end_reason", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("fk_operator_sessions_operator_id_operators"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["api_clients.id"],
            name=op.f("fk_operator_sessions_client_id_api_clients"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_sessions")),
    )
    op.create_index("uq_operator_sessions_uuid", "operator_sessions", ["uuid"], unique=True)
    for column in ("operator_id", "client_id", "expires_at"):
        op.create_index(f"ix_operator_sessions_{column}", "operator_sessions", [column])
    op.create_table(
        "operator_refresh_tokens",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["operator_sessions.id"],
            name=op.f("fk_operator_refresh_tokens_session_id_operator_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_refresh_tokens")),
    )
    op.create_index(
        "uq_operator_refresh_tokens_digest", "operator_refresh_tokens", ["digest"], unique=True
    )
    op.create_index(
        "ix_operator_refresh_tokens_session_id", "operator_refresh_tokens", ["session_id"]
    )
    op.create_table(
        "audit_events",
        sa.Column("id", BIG_KEY, sa.Identity(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("uq_audit_events_uuid", "audit_events", ["uuid"], unique=True)
    op.create_index("ix_audit_events_subject", "audit_events", ["subject", "id"])
    op.create_index("ix_audit_events_actor", "audit_events", ["actor", "id"])


def downgrade() -> None:
    """Drop the tables, the evidence included."""
    op.drop_table("audit_events")
    op.drop_table("operator_refresh_tokens")
    op.drop_table("operator_sessions")
    op.drop_table("api_clients")
    op.drop_table("operators")
