"""Sessions of operators for the storefront, and sessions of theirs as a customer.

Revision: 6f2d84c1b9e7, after 9d53b8e0c417.
"""

import sqlalchemy as sa
from alembic import op

revision = "6f2d84c1b9e7"
down_revision = "9d53b8e0c417"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; what is there is for the back office, and made by customers."""
    audience = sa.Column(
        "audience", sa.String(length=20), nullable=False, server_default=sa.text("'back_office'")
    )
    op.add_column("operator_sessions", audience)
    impersonation = sa.Column("operator_session_uuid", sa.String(length=36), nullable=True)
    op.add_column("sessions", impersonation)


def downgrade() -> None:
    """Drop them with their sessions, which would be a customer's and of the back office without."""
    op.execute("DELETE FROM sessions WHERE operator_session_uuid IS NOT NULL")
    op.execute("DELETE FROM operator_sessions WHERE audience <> 'back_office'")
    op.drop_column("sessions", "operator_session_uuid")
    op.drop_column("operator_sessions", "audience")
