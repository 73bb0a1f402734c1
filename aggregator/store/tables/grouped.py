"""What grouping decided: pieces, copies, stories, and what its indexes are rebuilt from."""

from __future__ import annotations

from sqlalchemy import Boolean, Double, Index, Integer, Table

from aggregator.store.columns import Bytes, CleanText, JsonText, Key, ShortText, UtcTime
from aggregator.store.tables.schema import column, metadata, reference

pieces = Table(
    "pieces",
    metadata,
    column("id", Key, "Id of the founding entry", primary_key=True, autoincrement=False),
    column("original", Key, "Entry that came first, where known", null=True),
    column("confidence", Double, "How sure that is, 0 to 1"),
    column("quoted_in", JsonText, "Entries that quote it at length without being copies"),
    comment="Texts, whoever prints them",
)

piece_aliases = Table(
    "piece_aliases",
    metadata,
    column("alias", Key, "Id of a piece that was absorbed", primary_key=True, autoincrement=False),
    column("piece_id", Key, "The piece that holds its founding entry now", reference("pieces.id"), index=True),
    comment="Old ids of pieces, which stay addresses",
)

copies = Table(
    "copies",
    metadata,
    column("entry_id", Key, "The entry", reference("entries.id"), primary_key=True, autoincrement=False),
    column("piece_id", Key, "Its piece", reference("pieces.id"), index=True),
    column("role", ShortText, "original, republication, excerpt, update or unknown"),
    column("of", Key, "Entry that it copies", null=True),
    column("jaccard", Double, "Likeness of the two, 0 to 1", null=True),
    column("containment", Double, "Shared part of the shorter text", null=True),
    column("of_original", Double, "Shared part of the other text", null=True),
    column("of_copy", Double, "Shared part of this text", null=True),
    column("credit", JsonText, "What it says of its source", null=True),
    column("alarms", JsonText, "List of alarms"),
    column("evidence", JsonText, "List of label and fact"),
    comment="What each entry is within its piece, with the evidence",
)

fingerprints = Table(
    "fingerprints",
    metadata,
    column("key", Key, "The entry", reference("entries.id"), primary_key=True, autoincrement=False),
    column("piece", Key, "The piece that matching puts it in, corrections by hand left out", index=True),
    column("outlet", ShortText, "Who publishes it"),
    column("at", UtcTime, "Its time for the matching window", index=True),
    column("url", CleanText, "Canonical address", null=True),
    column("scheme", CleanText, "How the signatures were made"),
    column("size", Integer, "Shingles of the whole text"),
    column("joins", Boolean, "Whether others may join it"),
    column("reference", Key, "Entry whose text stands for the piece since this one came", null=True),
    column("source_url", CleanText, "Declared source's address", null=True),
    column("body", Bytes, "MinHash of the text, little-endian uint32"),
    column("lead", Bytes, "MinHash of its beginning"),
    column("sample", Bytes, "Sorted shingle hashes, little-endian uint32"),
    comment="Signatures from which the index of texts is rebuilt",
)

boilerplate = Table(
    "boilerplate",
    metadata,
    column("outlet", ShortText, "The outlet", primary_key=True),
    column("learnt", Key, "Texts counted"),
    column("counts", Bytes, "8-bit counters"),
    comment="What each outlet prints under many of its texts",
)

stories = Table(
    "stories",
    metadata,
    column("id", Key, "Id of the founding piece, for ever", primary_key=True, autoincrement=False),
    column("first_at", UtcTime, "Its first piece"),
    column("last_at", UtcTime, "Its latest piece or copy", index=True),
    column("language", ShortText, "Language", null=True),
    column("continues", Key, "The earlier story that it goes on from", null=True),
    column("see_also", JsonText, "Ids of related stories"),
    comment="Pieces about one event",
)

story_aliases = Table(
    "story_aliases",
    metadata,
    column("alias", Key, "Id of a story that was absorbed", primary_key=True, autoincrement=False),
    column("story_id", Key, "The story that absorbed it", reference("stories.id"), index=True),
    comment="Old ids, which stay addresses",
)

story_pieces = Table(
    "story_pieces",
    metadata,
    column("piece_id", Key, "The piece", reference("pieces.id"), primary_key=True, autoincrement=False),
    column("story_id", Key, "Its story", reference("stories.id"), index=True),
    column("position", Integer, "Place among the story's pieces"),
    comment="Which story each piece belongs to",
)

story_moves = Table(
    "story_moves",
    metadata,
    column("id", Key, "Grows with time", primary_key=True),
    column("piece", Key, "The piece that moved"),
    column("old", Key, "The story it left"),
    column("new", Key, "The story it joined"),
    column("at", UtcTime, "When"),
    column("reason", CleanText, "Why, for people"),
    Index("uq_story_moves_piece_old_new_at", "piece", "old", "new", "at", unique=True),
    comment="Later corrections of story grouping",
    sqlite_autoincrement=True,
)

vectors = Table(
    "vectors",
    metadata,
    column("piece", Key, "The piece", reference("pieces.id"), primary_key=True, autoincrement=False),
    column("story", Key, "The story that grouping puts it in, corrections by hand left out", index=True),
    column("at", UtcTime, "The piece's time for the story window", index=True),
    column("language", ShortText, "Language", null=True),
    column("frozen", Boolean, "Whether the piece no longer moves"),
    column("version", CleanText, "How the vector was made"),
    column("numbers", JsonText, "List of numbers that the text names"),
    column("terms", Bytes, "Term hashes, little-endian uint32"),
    column("weights", Bytes, "Weights, little-endian float32"),
    comment="Pieces as story grouping sees them",
)

terms = Table(
    "terms",
    metadata,
    column("language", ShortText, "The language", primary_key=True),
    column("pieces", Key, "Pieces counted"),
    column("terms", Bytes, "Term hashes, little-endian uint32"),
    column("counts", Bytes, "Pieces that hold each term, little-endian uint32"),
    comment="How common each term is in each language",
)
