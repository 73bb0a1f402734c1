"""What grouping decides, and what its indexes are rebuilt from."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    make_pieces()
    make_copies()
    make_fingerprints()
    make_boilerplate()
    make_stories()
    make_story_aliases()
    make_story_pieces()
    make_story_moves()
    make_vectors()
    make_terms()


def column(name: str, kind: Any, comment: str, *, null: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, comment=comment, **options)


def make_pieces() -> None:
    op.create_table(
        "pieces",
        column("id", KEY, "Id of the founding entry", autoincrement=False),
        column("original", KEY, "Entry that came first, where known", null=True),
        column("confidence", sa.Double(), "How sure that is, 0 to 1"),
        column("quoted_in", sa.Text(), "Entries that quote it at length without being copies"),
        sa.PrimaryKeyConstraint("id", name="pk_pieces"),
        comment="Texts, whoever prints them",
    )


def make_copies() -> None:
    op.create_table(
        "copies",
        column("entry_id", KEY, "The entry", autoincrement=False),
        column("piece_id", KEY, "Its piece"),
        column("role", sa.Text(), "original, republication, excerpt, update or unknown"),
        column("of", KEY, "Entry that it copies", null=True),
        column("jaccard", sa.Double(), "Likeness of the two, 0 to 1", null=True),
        column("containment", sa.Double(), "Shared part of the shorter text", null=True),
        column("of_original", sa.Double(), "Shared part of the other text", null=True),
        column("of_copy", sa.Double(), "Shared part of this text", null=True),
        column("credit", sa.Text(), "What it says of its source", null=True),
        column("alarms", sa.Text(), "List of alarms"),
        column("evidence", sa.Text(), "List of label and fact"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_copies"),
        sa.ForeignKeyConstraint(["piece_id"], ["pieces.id"], name="fk_copies_piece_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_copies_entry_id", ondelete="CASCADE"),
        comment="What each entry is within its piece, with the evidence",
    )
    op.create_index("ix_copies_piece_id", "copies", ["piece_id"])


def make_fingerprints() -> None:
    op.create_table(
        "fingerprints",
        column("key", KEY, "The entry", autoincrement=False),
        column("piece", KEY, "Its piece"),
        column("outlet", sa.Text(), "Who publishes it"),
        column("at", TIME, "Its time for the matching window"),
        column("url", sa.Text(), "Canonical address", null=True),
        column("scheme", sa.Text(), "How the signatures were made"),
        column("size", sa.Integer(), "Shingles of the whole text"),
        column("joins", sa.Boolean(), "Whether others may join it"),
        column("reference", KEY, "Entry whose text stands for the piece since this one came", null=True),
        column("source_url", sa.Text(), "Declared source's address", null=True),
        column("body", sa.LargeBinary(), "MinHash of the text, little-endian uint32"),
        column("lead", sa.LargeBinary(), "MinHash of its beginning"),
        column("sample", sa.LargeBinary(), "Sorted shingle hashes, little-endian uint32"),
        sa.PrimaryKeyConstraint("key", name="pk_fingerprints"),
        sa.ForeignKeyConstraint(["key"], ["entries.id"], name="fk_fingerprints_key", ondelete="CASCADE"),
        comment="Signatures from which the index of texts is rebuilt",
    )
    op.create_index("ix_fingerprints_at", "fingerprints", ["at"])


def make_boilerplate() -> None:
    op.create_table(
        "boilerplate",
        column("outlet", sa.Text(), "The outlet"),
        column("learnt", KEY, "Texts counted"),
        column("counts", sa.LargeBinary(), "8-bit counters"),
        sa.PrimaryKeyConstraint("outlet", name="pk_boilerplate"),
        comment="What each outlet prints under many of its texts",
    )


def make_stories() -> None:
    op.create_table(
        "stories",
        column("id", KEY, "Id of the founding piece, for ever", autoincrement=False),
        column("first_at", TIME, "Its first piece"),
        column("last_at", TIME, "Its latest piece or copy"),
        column("language", sa.Text(), "Language", null=True),
        column("continues", KEY, "The earlier story that it goes on from", null=True),
        column("see_also", sa.Text(), "Ids of related stories"),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        comment="Pieces about one event",
    )
    op.create_index("ix_stories_last_at", "stories", ["last_at"])


def make_story_aliases() -> None:
    op.create_table(
        "story_aliases",
        column("alias", KEY, "Id of a story that was absorbed", autoincrement=False),
        column("story_id", KEY, "The story that absorbed it"),
        sa.PrimaryKeyConstraint("alias", name="pk_story_aliases"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_aliases_story_id", ondelete="CASCADE"),
        comment="Old ids, which stay addresses",
    )
    op.create_index("ix_story_aliases_story_id", "story_aliases", ["story_id"])


def make_story_pieces() -> None:
    op.create_table(
        "story_pieces",
        column("piece_id", KEY, "The piece", autoincrement=False),
        column("story_id", KEY, "Its story"),
        column("position", sa.Integer(), "Place among the story's pieces"),
        sa.PrimaryKeyConstraint("piece_id", name="pk_story_pieces"),
        sa.ForeignKeyConstraint(["piece_id"], ["pieces.id"], name="fk_story_pieces_piece_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_pieces_story_id", ondelete="CASCADE"),
        comment="Which story each piece belongs to",
    )
    op.create_index("ix_story_pieces_story_id", "story_pieces", ["story_id"])


def make_story_moves() -> None:
    op.create_table(
        "story_moves",
        column("id", KEY, "Grows with time"),
        column("piece", KEY, "The piece that moved"),
        column("old", KEY, "The story it left"),
        column("new", KEY, "The story it joined"),
        column("at", TIME, "When"),
        column("reason", sa.Text(), "Why, for people"),
        sa.PrimaryKeyConstraint("id", name="pk_story_moves"),
        comment="Later corrections of story grouping",
        sqlite_autoincrement=True,
    )
    op.create_index("uq_story_moves_piece_old_new_at", "story_moves", ["piece", "old", "new", "at"], unique=True)


def make_vectors() -> None:
    op.create_table(
        "vectors",
        column("piece", KEY, "The piece", autoincrement=False),
        column("story", KEY, "Its story when the vector was made"),
        column("at", TIME, "The piece's time for the story window"),
        column("language", sa.Text(), "Language", null=True),
        column("frozen", sa.Boolean(), "Whether the piece no longer moves"),
        column("version", sa.Text(), "How the vector was made"),
        column("numbers", sa.Text(), "List of numbers that the text names"),
        column("terms", sa.LargeBinary(), "Term hashes, little-endian uint32"),
        column("weights", sa.LargeBinary(), "Weights, little-endian float32"),
        sa.PrimaryKeyConstraint("piece", name="pk_vectors"),
        sa.ForeignKeyConstraint(["piece"], ["pieces.id"], name="fk_vectors_piece", ondelete="CASCADE"),
        comment="Pieces as story grouping sees them",
    )
    op.create_index("ix_vectors_at", "vectors", ["at"])


def make_terms() -> None:
    op.create_table(
        "terms",
        column("language", sa.Text(), "The language"),
        column("pieces", KEY, "Pieces counted"),
        column("terms", sa.LargeBinary(), "Term hashes, little-endian uint32"),
        column("counts", sa.LargeBinary(), "Pieces that hold each term, little-endian uint32"),
        sa.PrimaryKeyConstraint("language", name="pk_terms"),
        comment="How common each term is in each language",
    )
