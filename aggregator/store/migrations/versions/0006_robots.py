"""What each site's robots.txt said, so that it is asked once a day and conditionally."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "robots",
        sa.Column("url", sa.Text(), nullable=False, comment="Where it stands"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="When it was asked last"),
        sa.Column("etag", sa.Text(), nullable=True, comment="ETag of the last answer, byte for byte"),
        sa.Column("last_modified", sa.Text(), nullable=True, comment="Last-Modified of the last answer, byte for byte"),
        sa.Column("rules", sa.Text(), nullable=False, comment="List of allowed and path pattern, those for us"),
        sa.PrimaryKeyConstraint("url", name="pk_robots"),
        comment="What sites let us fetch beside their feeds",
    )
