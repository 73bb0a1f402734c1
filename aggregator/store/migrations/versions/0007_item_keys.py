"""What of a feed's document was there at the last poll, so that only the rest is parsed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    keys = sa.Column(
        "item_keys", sa.LargeBinary(), nullable=True, comment="Keys of the last document's items, eight bytes each"
    )
    op.add_column("feeds", keys)
