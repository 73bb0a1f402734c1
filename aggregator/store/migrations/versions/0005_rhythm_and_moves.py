"""What polls teach about a feed, who holds us off, and the texts of article pages.

The request log learns what was really asked and what changed; for older rows that is not known.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TIME = sa.DateTime(timezone=True)

ADDED: dict[str, tuple[tuple[str, Any, str], ...]] = {
    "feeds": (
        ("pace", sa.Double(), "Our own interval as adapted to the feed's rhythm, seconds"),
        ("overlap", sa.Double(), "Share of known items at the last poll on time, 0 to 1"),
        ("usual_gap", sa.Double(), "Running mean of the time between news, seconds"),
        ("last_document", TIME, "Last time that a whole document came, changed or not"),
        ("move_url", sa.Text(), "Where permanent redirects lead, while that is being watched"),
        ("move_since", TIME, "When that was first seen"),
        ("move_polls", sa.Integer(), "On how many polls in a row"),
    ),
    "requests": (
        ("conditional", sa.Boolean(), "Whether validators were sent"),
        ("validators_changed", sa.Boolean(), "Whether the answer changed the stored validators"),
    ),
    "entries": (("feed_text", sa.Text(), "The feed's own text where text is that of the article's page"),),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind, comment in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True, comment=comment))
    op.create_table(
        "holds",
        sa.Column("host", sa.Text(), nullable=False, comment="What shares one server's patience"),
        sa.Column("until", TIME, nullable=False, comment="When it may be asked again"),
        sa.PrimaryKeyConstraint("host", name="pk_holds"),
        comment="Hosts that answered 429: none of their feeds is asked before the time",
    )
