"""`dedupe` and `evaluate` as users run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.support import configured, process
from tests.dedup.texts import article

PATTERNS = """
[[pattern]]
name = "overgenomen uit"
cues = ["overgenomen"]
regions = ["foot"]
confidence = 0.9
expression = '^overgenomen uit {source}{end}'
"""


def archived(folder: Path, *texts: str) -> str:
    """An archive of texts, each of an outlet of its own, dated day by day."""
    lines = [
        {"id": number, "outlet": f"o{number}.example", "text": text, "published": f"2024-05-{number:02}T08:00:00Z"}
        for number, text in enumerate(texts, 1)
    ]
    (folder / "in.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return "in.jsonl"


def records(folder: Path, name: str = "out.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


# ---------------------------------------------------------------- wordings of one's own


def test_credits_in_a_users_own_wordings_are_found_by_every_command(tmp_path: Path) -> None:
    source = archived(tmp_path, article(1), f"{article(1)}\nOvergenomen uit Havenkrant.")
    configured(tmp_path, '[dedup]\npatterns = "credits.toml"\n')
    (tmp_path / "credits.toml").write_text(PATTERNS, encoding="utf-8")
    run = process("dedupe", source, "-o", "out.jsonl", folder=tmp_path)
    assert (run.returncode, run.stderr) == (0, b"")
    credit = records(tmp_path)[1]["credit"]
    assert (credit["name"], credit["confidence"], credit["position"]) == ("Havenkrant", 0.9, "foot")


def test_a_mistake_in_ones_own_wordings_stops_every_command_before_it_does_anything(tmp_path: Path) -> None:
    configured(tmp_path, '[dedup]\npatterns = "credits.toml"\n')
    (tmp_path / "credits.toml").write_text(PATTERNS.replace("{end}", "{stop}"), encoding="utf-8")
    place = f"{tmp_path / 'credits.toml'}:7: pattern[1].expression: there is no macro stop;"
    for arguments in (["dedupe", archived(tmp_path, article(1)), "-o", "out.jsonl"], ["poll"], ["list"], ["check"]):
        run = process(*arguments, folder=tmp_path)
        assert (run.returncode, place in (run.stdout + run.stderr).decode()) == (2, True), arguments
    assert not (tmp_path / "out.jsonl").exists()
