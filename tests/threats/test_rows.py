"""The audit: every row of what servers, publishers and documents do to a collector, and the tests that hold us to it.

A row without a test that plays it against a real server on loopback is a gap, and so is a name that leads nowhere.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PLAYED = (
    "threats/",
    "manners/",
    "fetch/test_client",
    "fetch/test_redirects",
    "cli/test_feeds",
    "pipeline/test_under_attack",
    "pipeline/test_full_text",
)
"""Where tests stand that ask real servers."""

_IDENTITY = "threats/test_identity.py::"
_DOCUMENTS = "threats/test_documents.py::"
_TRANSFERS = "threats/test_transfers.py::"
_ADDRESSES = "threats/test_addresses.py::"
_CERTIFICATES = "threats/test_certificates.py::"
_ATTACK = (
    "pipeline/test_under_attack.py::test_a_pass_under_attack_stays_small_names_every_villain_and_loses_nothing_good"
)
_NAMELESS = f"{_IDENTITY}test_items_that_lack_what_they_are_known_by_are_known_at_each_poll"
_TURNING = f"{_IDENTITY}test_what_turns_with_every_poll_makes_no_entry_new_and_no_edit"
_FRAMES = f"{_TRANSFERS}test_what_is_no_proper_answer_is_a_failure_that_says_so"
_NO_FEED = f"{_DOCUMENTS}test_what_is_no_feed_any_more_is_named_deletes_nothing_and_comes_back_without_doubles"

ROWS: dict[str, tuple[str, ...]] = {
    # ------------------------------------------------------------ servers, addresses
    "SSRF-01 inner addresses in every spelling; allowed networks": (
        f"{_ADDRESSES}test_every_spelling_of_an_inner_address_is_refused_in_one_line_and_nothing_is_asked",
        f"{_ADDRESSES}test_what_is_allowed_by_name_of_its_network_is_polled",
        "fetch/test_guard.py::test_special_addresses_are_refused_with_a_reason_that_names_them",
        "fetch/test_guard.py::test_no_ipv6_wrapping_of_an_ipv4_address_passes",
        "fetch/test_redirects.py::test_no_spelling_of_loopback_reaches_a_real_server",
        "fetch/test_redirects.py::test_a_proxy_is_trusted_but_the_target_is_still_judged",
    ),
    "SSRF-02 redirects inside and to other schemes, never stored": (
        f"{_ADDRESSES}test_a_redirect_inside_is_refused_at_every_poll_and_never_becomes_the_feeds_address",
        f"{_TRANSFERS}test_redirects_that_lead_nowhere_are_one_failure",
        "manners/answers.py::not_moved",
    ),
    "SSRF-03 addresses that a document or a page names": (
        f"{_DOCUMENTS}test_nothing_is_fetched_that_a_document_names_and_nobody_asked_for",
        f"{_DOCUMENTS}test_no_document_reads_a_file_or_asks_another_server",
        "cli/test_feeds.py::test_add_takes_the_only_feed_that_a_page_names",
    ),
    "SSRF-04 redirects, rebinding and mixed answers later on": (
        f"{_ADDRESSES}test_a_redirect_inside_is_refused_at_every_poll_and_never_becomes_the_feeds_address",
        f"{_ADDRESSES}test_a_name_that_leads_elsewhere_at_the_second_look_is_refused_then",
        f"{_ADDRESSES}test_a_name_that_leads_elsewhere_within_one_poll_is_refused_there",
        f"{_ADDRESSES}test_of_a_mixed_answer_the_inner_address_is_never_connected_to",
        f"{_ADDRESSES}test_of_an_answer_of_inner_addresses_alone_the_failure_says_so_in_one_line",
    ),
    "SSRF-05 an article inside": (
        f"{_ADDRESSES}test_an_article_that_stands_inside_or_leads_there_is_not_fetched_and_the_entry_is_kept",
    ),
    # ------------------------------------------------------------ servers, documents
    "XML-01/02 entity bombs": (
        f"{_DOCUMENTS}test_entities_are_inert",
        "parse/test_feed.py::test_entity_bombs_are_inert",
        _ATTACK,
    ),
    "XML-03/04 external entities, XInclude": (
        f"{_DOCUMENTS}test_no_document_reads_a_file_or_asks_another_server",
        "parse/test_feed.py::test_external_entities_are_not_read",
        "parse/test_sitemap.py::test_entities_are_not_resolved",
    ),
    "XML-05 one token of 30 MB": (
        f"{_DOCUMENTS}test_gigantic_fields_end_in_an_entry_or_in_a_failure_that_names_the_bound",
        "parse/test_bounds.py::test_a_document_of_fifteen_megabytes_fits_into_a_small_memory",
    ),
    "XML-06 truncated, mis-nested, two roots, leading blanks": (
        f"{_DOCUMENTS}test_of_a_broken_document_what_is_readable_is_kept_and_nothing_is_removed",
        "parse/test_feed.py::test_of_a_truncated_document_the_whole_entries_are_kept_and_half_a_one_is_not",
        "manners/validators.py::broken_off",
    ),
    "CHR-02 characters at which a parser raises": (
        f"{_DOCUMENTS}test_characters_at_which_a_parser_raises_cost_nobody_anything",
        f"{_DOCUMENTS}test_a_gml_system_with_an_odd_name_costs_nobody_anything",
        f"{_DOCUMENTS}test_entities_are_inert",
        "parse/test_feed.py::test_damaged_documents_never_raise",
        "pipeline/test_pipeline.py::test_one_feed_that_raises_stops_no_other",
    ),
    "CHR-01/03/04/05 bytes and charsets": (
        f"{_DOCUMENTS}test_text_is_decoded_as_the_feed_means_it",
        f"{_DOCUMENTS}test_bytes_that_are_no_text_cost_themselves_alone",
        "parse/test_feed.py::test_utf_16_that_nothing_announces_is_decoded",
        "store/test_entries.py::test_nuls_and_lone_surrogates_are_lost_and_nothing_else",
    ),
    # ------------------------------------------------------------ servers, transfers
    "BOMB-01..04 every coding, nested": (
        f"{_TRANSFERS}test_what_is_too_large_packed_or_plain_is_cut_off_and_named",
        "fetch/test_client.py::test_a_gzip_bomb_of_a_gigabyte_stops_at_the_cap_and_costs_little_memory",
        "fetch/test_client.py::test_damaged_truncated_and_unasked_codings_are_failures",
        "fetch/test_client.py::test_thousands_of_empty_gzip_members_are_refused",
        _ATTACK,
    ),
    "BIG-01..05 bodies, fields, entries, depth, attributes, patterns": (
        f"{_TRANSFERS}test_what_is_too_large_packed_or_plain_is_cut_off_and_named",
        f"{_DOCUMENTS}test_gigantic_fields_end_in_an_entry_or_in_a_failure_that_names_the_bound",
        f"{_DOCUMENTS}test_of_a_hundred_thousand_entries_the_newest_are_kept_and_the_notice_counts_the_rest",
        f"{_DOCUMENTS}test_no_repetition_takes_more_than_linear_time",
        "parse/test_bounds.py::test_of_very_many_entries_the_newest_are_kept_and_the_others_counted",
        _ATTACK,
    ),
    "SLOW-01..06 silent, dripping, endless, late, kept open": (
        f"{_TRANSFERS}test_whoever_takes_too_long_is_left_at_the_deadline_and_asked_once",
        f"{_TRANSFERS}test_a_slow_server_gives_its_slot_back_though_there_is_but_one",
        _ATTACK,
    ),
    "RED-01..04 circles, chains, no or bad Location": (
        f"{_TRANSFERS}test_redirects_that_lead_nowhere_are_one_failure",
        "fetch/test_redirects.py::test_five_hops_are_followed_and_a_sixth_is_not",
    ),
    "RED-05 credentials on the way": (
        "fetch/test_redirects.py::test_credentials_and_configured_headers_stay_with_their_own_origin",
        "pipeline/test_own_settings.py::test_a_login_stays_at_home_when_its_feed_moves_for_good",
        "manners/answers.py::login_stays",
    ),
    "FRM-01..11 bad framing, odd protocols and types": (
        _FRAMES,
        f"{_TRANSFERS}test_a_feed_under_an_odd_type_is_read",
        f"{_TRANSFERS}test_no_cookie_is_kept_from_hop_to_hop_or_from_poll_to_poll",
        "fetch/test_client.py::test_what_is_no_http_is_a_protocol_failure",
        "fetch/test_client.py::test_a_flood_of_interim_answers_ends_at_the_deadline",
    ),
    "TLS-01 certificates, silent ports, names that nobody knows": (
        f"{_CERTIFICATES}test_each_kind_of_bad_certificate_and_connection_is_named_in_the_feeds_own_line",
        f"{_CERTIFICATES}test_a_step_down_from_https_to_plain_http_is_refused_and_the_plain_server_hears_nothing",
        "fetch/test_client.py::test_a_closed_port_and_an_unknown_name_are_told_apart",
    ),
    # ------------------------------------------------------------ politeness
    "POL-01/02 validators byte for byte, by hand too": (
        "manners/validators.py::byte_for_byte",
        "manners/validators.py::nothing_invented",
        "manners/requests.py::refresh_now",
        "fetch/test_client.py::test_validators_go_back_byte_for_byte",
    ),
    "POL-03 both validators of every 200": ("manners/validators.py::one_set", "manners/validators.py::same_bytes"),
    "POL-04 304 for ever": ("manners/validators.py::frozen_304", "manners/validators.py::suspicious"),
    "POL-06/08 permanent moves, log-in pages": (
        "manners/answers.py::moved",
        "manners/answers.py::moved_through_restarts",
        "manners/answers.py::not_moved",
    ),
    "POL-09 max-age, ttl, skipHours": (
        "manners/pace.py::longest_wish",
        "manners/pace.py::odd_wishes",
        "manners/pace.py::skipped",
    ),
    "POL-10 410": ("manners/answers.py::gone", "manners/answers.py::resumed"),
    "POL-11/13 429 and 503 with Retry-After": (
        "manners/answers.py::limited",
        "manners/answers.py::overloaded",
        "manners/answers.py::impatient",
        "manners/pace.py::servers_clock",
        "manners/pace.py::named_floor",
    ),
    "POL-12 429 without a time": ("manners/answers.py::limited_without_time", "manners/answers.py::broken"),
    "POL-14 many feeds of few hosts": (
        "manners/pace.py::one_host",
        "manners/pace.py::between_runs",
        "manners/pace.py::spread",
    ),
    "POL-15/16 User-Agent and gzip": (
        "manners/requests.py::plain_get",
        "manners/requests.py::user_agent",
        "manners/requests.py::one_name",
    ),
    # ------------------------------------------------------------ identity, dates, no feeds
    "ID-01/02/03 no guid, no link, neither": (
        _NAMELESS,
        "test_update.py::test_without_guid_and_link_the_words_make_the_key_and_the_date_does_not",
    ),
    "ID-04 one guid for all": (f"{_IDENTITY}test_one_guid_for_all_items_costs_none_of_them",),
    "ID-05 one guid in two feeds": (f"{_IDENTITY}test_one_guid_in_two_feeds_is_two_entries",),
    "ID-06 a new guid at each poll, http to https": (_TURNING,),
    "ID-07 fifty new items at each poll": (
        f"{_IDENTITY}test_fifty_new_items_at_each_poll_are_all_kept",
        "digest/test_build.py::test_an_outlet_that_publishes_without_end_leaves_room_for_others_and_no_place_empty",
        "digest/test_floods.py::test_only_the_newest_of_a_first_poll_are_news",
    ),
    "ID-08/DATE-03 text or date of the moment": (
        _TURNING,
        f"{_IDENTITY}test_what_is_edited_in_place_is_one_entry_with_its_earlier_versions",
        f"{_IDENTITY}test_an_item_that_comes_back_under_a_new_date_is_the_one_that_it_was",
        "store/test_entries.py::test_an_entry_that_changes_at_every_poll_keeps_its_first_and_latest_versions",
        "pipeline/test_pipeline.py::test_an_edit_of_what_no_edition_showed_is_no_news",
    ),
    "DATE-01 dates that no calendar knows": (
        f"{_IDENTITY}test_dates_that_no_calendar_knows_cost_neither_their_item_nor_the_feed",
        "parse/test_dates.py::test_no_text_makes_it_raise_or_leave_its_bounds",
    ),
    "DATE-02 the future": (
        f"{_IDENTITY}test_what_claims_the_future_or_nothing_counts_from_when_it_was_seen",
        "test_update.py::test_a_claimed_date_in_the_future_stays_claimed",
    ),
    "NAF-01/02 what is no feed any more": (
        _NO_FEED,
        "manners/answers.py::no_use",
        "parse/test_feed.py::test_a_document_that_is_no_feed_is_named",
    ),
}  # fmt: skip
"""Row and stimulus: its tests, those that play it against a server first."""


@cache
def functions(file: str) -> frozenset[str]:
    """The names of a test file's functions."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("row", ROWS)
def test_each_row_has_tests_that_are_there_and_one_that_asks_a_real_server(row: str) -> None:
    for test in ROWS[row]:
        file, _, name = test.partition("::")
        assert name in functions(file), test
    assert any(test.startswith(PLAYED) for test in ROWS[row])


def test_no_test_of_this_folder_stands_outside_the_table() -> None:
    named = {test for tests in ROWS.values() for test in tests}
    here = {
        f"threats/{path.name}::{name}"
        for path in Path(__file__).parent.glob("test_*.py")
        for name in functions(f"threats/{path.name}")
        if name.startswith("test_") and path.name != Path(__file__).name
    }
    assert here <= named
