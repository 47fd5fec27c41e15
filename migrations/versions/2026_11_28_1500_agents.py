"""Sessions of operators for the storefront.

Revision: 6f2d84c1b9e7, after 9d53b8e0c417.
"""

import sqlalchemy as sa
from alembic import op

revision = "6f2d84c1b9e7"
down_revision = "9d53b8e0c417"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the audience; every session there is is for the back office."""
    audience = sa.Column(
        "audience", sa.String(length=20), nullable=False, server_default=sa.text("'back_office'")
    )
    op.add_column("operator_sessions", audience)


def downgrade() -> None:
    """Drop it with the sessions for the storefront, which would be for the back office without."""
    op.execute("DELETE FROM operator_sessions WHERE audience <> 'back_office'")
    op.drop_column("operator_sessions", "audience")
