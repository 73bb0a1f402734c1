"""Old ids of pieces stay addresses; what grouping itself says of pieces and stories is told from corrections by hand.

`fingerprints.piece` and `vectors.story` are from now on what grouping alone says, whatever was corrected by hand;
until now the latter lagged behind for pieces that had left the window.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "piece_aliases",
        sa.Column("alias", KEY, nullable=False, autoincrement=False, comment="Id of a piece that was absorbed"),
        sa.Column("piece_id", KEY, nullable=False, comment="The piece that holds its founding entry now"),
        sa.PrimaryKeyConstraint("alias", name="pk_piece_aliases"),
        sa.ForeignKeyConstraint(["piece_id"], ["pieces.id"], name="fk_piece_aliases_piece_id", ondelete="CASCADE"),
        comment="Old ids of pieces, which stay addresses",
    )
    op.create_index("ix_piece_aliases_piece_id", "piece_aliases", ["piece_id"])
    op.create_index("ix_fingerprints_piece", "fingerprints", ["piece"])
    op.create_index("ix_vectors_story", "vectors", ["story"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        matched = "The piece that matching puts it in, corrections by hand left out"
        op.alter_column("fingerprints", "piece", comment=matched, existing_comment="Its piece")
        placed = "The story that grouping puts it in, corrections by hand left out"
        op.alter_column("vectors", "story", comment=placed, existing_comment="Its story when the vector was made")
    op.execute(
        "UPDATE vectors SET story = (SELECT story_id FROM story_pieces WHERE story_pieces.piece_id = vectors.piece) "
        "WHERE EXISTS (SELECT 1 FROM story_pieces WHERE story_pieces.piece_id = vectors.piece)"
    )
