"""Whom an entry's page names as its publisher, where nobody of that name is known: kept, but no credit."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    named = sa.Column("publisher", sa.Text(), nullable=True, comment="Publisher that its page names and nobody knows")
    op.add_column("entries", named)
