"""Labelled tags and media addresses in the body of a text."""

from __future__ import annotations

from aggregator.text.labels import labelled_tags, media_addresses

HEAD = "Report from the quay\nBy A Writer\nRegion: North Shore\nTheme: Harbours and Locks, Old Port\nWar Years\nIn-depth Report: AVERIL\nThe lock of Averil closed."


def linked(*texts: str) -> list[tuple[int, int]]:
    return [(HEAD.index(text), HEAD.index(text) + len(text)) for text in texts]


def test_label_lines_at_the_head_give_tags() -> None:
    assert labelled_tags(HEAD)[:3] == ("North Shore", "Harbours and Locks", "Old Port")


def test_a_line_of_nothing_but_links_continues_the_tag_that_a_line_break_cut() -> None:
    assert "Old Port War Years" in labelled_tags(HEAD, linked("Old Port", "War Years"))


def test_a_tag_in_capitals_is_written_as_the_text_writes_it() -> None:
    assert labelled_tags(HEAD)[-1] == "Averil"


def test_an_acronym_that_the_text_does_not_spell_stays_in_capitals() -> None:
    assert labelled_tags("Tags: NATO, WMD\nA text.") == ("NATO", "WMD")


def test_a_label_deep_in_the_text_is_no_header() -> None:
    assert labelled_tags("line\n" * 30 + "Region: Nowhere") == ()


def test_a_sentence_after_a_label_is_no_tag() -> None:
    assert labelled_tags("Theme: what the council said last night about the lock and its keepers") == ()


def test_tags_that_differ_in_case_only_are_one() -> None:
    assert labelled_tags("Tags: Harbour, harbour\n") == ("Harbour",)


def test_media_files_are_found_bare_and_in_attributes() -> None:
    markup = 'see https://a.example/v/1.mp4\n<video src="https://a.example/2.webm?x=1"></video> <a href="https://a.example/3.html">'
    assert media_addresses(markup) == (
        ("https://a.example/v/1.mp4", "video/mp4"),
        ("https://a.example/2.webm?x=1", "video/webm"),
    )
