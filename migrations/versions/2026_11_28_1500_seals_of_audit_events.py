"""Seals over audit events, and the indexes of the lists of events and of mails.

A trigger puts each event into the queue of those that wait for a seal, in the transaction that adds
the event: programs of the release before, which know no seals, need not take part.

Revision: 9d53b8e0c417, after 50f6b28ce917.
"""

import sqlalchemy as sa
from alembic import op

revision = "9d53b8e0c417"
down_revision = "50f6b28ce917"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
EVENT_INDEXES = {
    "at": ["at", "id"],
    "subject": ["subject", "at", "id"],
    "actor": ["actor", "at", "id"],
    "action": ["action", "at", "id"],
    "actor_action": ["actor", "action", "at", "id"],
}
MAIL_INDEXES = ("reference", "template", "state")
MAIL_UUID = "substr(message_id, 2, 36)"
TRIGGER = "audit_events_wait"
WAIT = "INSERT INTO audit_unsealed_events (event_id, uuid) VALUES (new.id, new.uuid)"


def upgrade() -> None:
    """Create the tables; all events there are wait for a seal."""
    op.create_table(
        "audit_unsealed_events",
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "uuid", name=op.f("pk_audit_unsealed_events")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("first_event", sa.String(length=36), nullable=False),
        sa.Column("last_event", sa.String(length=36), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
    )
    op.create_table(
        "audit_sealed_events",
        sa.Column("seal_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seal_number", "event_id", name=op.f("pk_audit_sealed_events")),
    )
    op.create_index("uq_audit_sealed_events_uuid", "audit_sealed_events", ["uuid"], unique=True)
    create_trigger()
    op.execute(
        "INSERT INTO audit_unsealed_events (event_id, uuid) SELECT id, uuid FROM audit_events"
    )
    for name in ("subject", "actor"):
        op.drop_index(f"ix_audit_events_{name}", "audit_events")
    for name, columns in EVENT_INDEXES.items():
        op.create_index(f"ix_audit_events_{name}", "audit_events", columns)
    for column in MAIL_INDEXES:
        op.create_index(f"ix_mails_{column}", "mails", [column, "id"])
    op.create_index("uq_mails_uuid", "mails", [sa.text(MAIL_UUID)], unique=True)


def downgrade() -> None:
    """Drop what was added, the seals included."""
    op.drop_index("uq_mails_uuid", "mails")
    for column in MAIL_INDEXES:
        op.drop_index(f"ix_mails_{column}", "mails")
    for name in EVENT_INDEXES:
        op.drop_index(f"ix_audit_events_{name}", "audit_events")
    for name in ("subject", "actor"):
        op.create_index(f"ix_audit_events_{name}", "audit_events", [name, "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {TRIGGER} ON audit_events")
        op.execute(f"DROP FUNCTION {TRIGGER}()")
    else:
        op.execute(f"DROP TRIGGER {TRIGGER}")
    for table in ("audit_sealed_events", "audit_seals", "audit_unsealed_events"):
        op.drop_table(table)


def create_trigger() -> None:
    """Let every event that is added wait for its seal."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN {WAIT}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON audit_events "
            f"FOR EACH ROW EXECUTE FUNCTION {TRIGGER}()"
        )
    else:
        op.execute(f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON audit_events BEGIN {WAIT}; END")
