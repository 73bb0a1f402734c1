"""The JSON twins: as the published schemas say, complete, and free of other people's texts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from aggregator.config import Site
from aggregator.render.site import render_site
from tests.render.builders import BERLIN, ONLINE, TEXT, edition, full_site, name_of, pages


def read(found: dict[str, bytes], name: str) -> Any:
    return json.loads(found[name])


@pytest.mark.parametrize("site", [BERLIN, ONLINE], ids=["without an address", "online"])
def test_every_twin_is_as_its_published_schema_says(site: Site) -> None:
    found = render_site(full_site(), site=site, names=name_of)
    checked = 0
    for kind, fits in (("edition", lambda name: name.endswith("/edition.json")),
                       ("story", lambda name: name.startswith("story/") and name.endswith(".json"))):  # fmt: skip
        schema = read(found, f"schema/{kind}.schema.json")
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        for name in filter(fits, found):
            validator.validate(read(found, name))
            checked += 1
    assert checked > 20


def test_the_schemas_leave_no_field_unsaid() -> None:
    found = render_site(full_site(), site=BERLIN, names=name_of)
    for kind, name in (("edition", "2026/07/10/edition.json"), ("story", "story/1.json")):
        schema = read(found, f"schema/{kind}.schema.json")
        assert set(read(found, name)) == set(schema["properties"]) == set(schema["required"])


def test_an_edition_names_its_stories_by_place_and_links_their_documents() -> None:
    found = render_site(full_site(), site=BERLIN, names=name_of)
    twin = read(found, "2026/07/10/edition.json")
    assert twin["leads"] == [1, 20, 30, 40, 50, 60]
    assert twin["unchanged"] == [300]
    assert twin["stories"][0]["document"] == "../../../story/1.json"
    assert twin["stories"][0]["copies"] == 5
    assert twin["stories"][0]["copies_well_credited"] == 2


def test_a_story_says_what_each_copy_credits() -> None:
    twin = read(render_site(full_site(), site=ONLINE, names=name_of), "story/1.json")
    copies = {copy["outlet_name"]: copy for copy in twin["pieces"][0]["copies"]}
    assert copies["The Upland Record"]["credit_state"] == "credits-copy"
    assert copies["QuickBrief"]["credit"] is None
    assert copies["Daily Kestrel"]["delay_seconds"] == 38 * 60
    assert twin["aliases"] == [77]
    assert twin["page"] == "https://faircopy.example/news/story/1.html"


def test_a_round_up_and_what_it_quotes_are_named_on_each_others_side() -> None:
    lead, aside = read(render_site(full_site(), site=BERLIN, names=name_of), "story/1.json")["pieces"][:2]
    assert [(one["id"], one["outlet_name"], one["page"]) for one in lead["quoted_in"]] == [
        (7, "Harbour Courier", "../piece/7.html")
    ]
    assert [one["id"] for one in aside["quotes"]] == [20, 1]
    assert (lead["quotes"], aside["quoted_in"]) == ([], [])


def test_no_twin_prints_a_text() -> None:
    found = render_site(full_site(), site=BERLIN, names=name_of)
    line = TEXT.splitlines()[1].encode()
    assert not [name for name, body in found.items() if name.endswith(".json") and line in body]


def test_a_feeds_secrets_stay_out_of_the_document() -> None:
    body = render_site(full_site(), site=BERLIN, names=name_of)["2026/07/10/edition.json"]
    assert b"secret" not in body
    assert b"t0ken" not in body


def test_an_edition_without_stories_has_a_document_too() -> None:
    whole = replace(pages(edition=edition(leads=())), networks=())
    twin = read(render_site(whole, site=BERLIN, names=name_of), "2026/07/10/edition.json")
    assert twin["stories"] == []
