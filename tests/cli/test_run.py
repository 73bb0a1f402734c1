"""The commands that do the work, each as its own process, against the sample outlets on loopback."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator.demo.outlets import load_outlets
from aggregator.demo.server import Clock, serve
from aggregator.demo.settings import DAYS

EVENING = DAYS[0].isoformat()


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A folder with a config, and the sample outlets behind it."""

    folder: Path
    base: str

    def run(self, *arguments: str, now: str = EVENING, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", "--config", str(self.folder / "config.toml"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(now),
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, code=code).stdout)

    @staticmethod
    def environment(now: str) -> dict[str, str]:
        return os.environ | {"AGGREGATOR_NOW": now}


@pytest.fixture(scope="module")
def outlets() -> Iterator[str]:
    with serve(load_outlets(), Clock(DAYS[0])) as base:
        yield base


@pytest.fixture(scope="module")
def installation(outlets: str, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Polled once: what every test of this module reads."""
    made = configured(outlets, tmp_path_factory.mktemp("installation"))
    made.run("poll", code=4)
    return made


def configured(base: str, folder: Path, extra: str = "") -> Installation:
    feeds = "".join(
        f'[[feeds]]\nurl = "{base}{outlet.path}"\noutlet = "{outlet.name}"\ncategory = "{outlet.category}"\n'
        for outlet in load_outlets()
    )
    named = "".join(f'[[outlets]]\nname = "{o.name}"\ndomains = ["{o.domain}"]\n' for o in load_outlets())
    (folder / "config.toml").write_text(
        '[site]\ntimezone = "Europe/Berlin"\n[fetch]\nallow_private = ["127.0.0.0/8"]\nhost_delay = "0s"\n'
        f'[[digests]]\nname = "daily"\ntime = "20:00"\nrecipients = ["a@reader.example", "b@reader.example"]\n'
        f"{extra}{named}{feeds}",
        encoding="utf-8",
    )
    return Installation(folder=folder, base=base)


def test_a_poll_with_one_failing_feed_is_done_in_part_and_says_which(outlets: str, tmp_path: Path) -> None:
    found = configured(outlets, tmp_path).json("poll", "--json", code=4)
    assert [feed["status"] for feed in found["feeds"]].count("server") == 1
    assert sum(feed["new"] for feed in found["feeds"]) == found["entries"] == 50
    assert all(feed["next_poll_at"] and feed["next_poll_why"] for feed in found["feeds"])


def test_a_second_poll_finds_nothing_due(installation: Installation) -> None:
    assert installation.json("poll", "--json")["feeds"] == []


def test_all_polls_sound_feeds_again_and_the_server_answers_that_nothing_changed(outlets: str, tmp_path: Path) -> None:
    made = configured(outlets, tmp_path)
    made.run("poll", code=4)
    later = "2026-07-09T19:40:00+00:00"
    found = json.loads(made.run("poll", "--all", "--json", now=later).stdout)
    assert {feed["status"] for feed in found["feeds"]} == {"not-modified"}


def test_the_public_web_is_not_polled_with_the_placeholder_contact(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[[feeds]]\nurl = "https://news.example/feed"\n', encoding="utf-8")
    done = Installation(folder=tmp_path, base="").run("poll", code=2)
    assert "contact" in done.stderr


def test_digest_writes_the_pages_and_send_delivers_each_recipient_once(installation: Installation) -> None:
    made = installation.json("digest", "--json")["editions"]
    assert (made[0]["date"], made[0]["queued"]) == ("2026-07-09", 2)
    assert (installation.folder / "site" / "index.html").is_file()
    assert {m["state"] for m in installation.json("send", "--dry-run", "--json")["messages"]} == {"queued"}
    sent = installation.json("send", "--json")["messages"]
    assert sorted((message["recipient"], message["state"]) for message in sent) == [
        ("a@reader.example", "sent"),
        ("b@reader.example", "sent"),
    ]
    assert installation.json("send", "--json")["messages"] == []
    assert len(list((installation.folder / "mail" / "new").iterdir())) == 2


def test_the_same_edition_again_writes_nothing_and_mails_nobody(installation: Installation) -> None:
    installation.run("digest")
    again = installation.json("digest", "--json")["editions"][0]
    assert again["written"] == []
    installation.run("send")
    assert installation.json("send", "--json")["messages"] == []


def test_digest_writes_elsewhere_when_told_to(installation: Installation, tmp_path: Path) -> None:
    installation.run("digest", "--out", str(tmp_path / "elsewhere"))
    assert (tmp_path / "elsewhere" / "index.html").is_file()


def test_a_day_that_has_not_begun_has_no_edition(installation: Installation) -> None:
    assert "not begun" in installation.run("digest", "--date", "2026-07-12", code=2).stderr


def test_an_unknown_digest_is_named_with_those_that_there_are(installation: Installation) -> None:
    assert "daily" in installation.run("digest", "--name", "weekly", code=2).stderr


def test_status_says_for_each_feed_when_it_is_next_polled_and_why(installation: Installation) -> None:
    found = installation.json("status", "--json")
    assert len(found["feeds"]) == len(load_outlets())
    assert all(feed["next_poll_at"] and feed["next_poll_why"] for feed in found["feeds"])
    assert sum(feed["failures"] for feed in found["feeds"]) == 1
    assert "next poll" in installation.run("status").stdout


def test_export_gives_the_documented_keys(installation: Installation) -> None:
    found = installation.json("export")
    assert set(found) == {"feeds", "entries", "pieces", "stories"}
    assert set(found["entries"][0]) == set(
        "id feed_url outlet guid link title authors published first_seen updated language tags enclosures "
        "piece role of credit jaccard containment story revisions".split()
    )
    assert set(found["pieces"][0]) == {"id", "original", "copies", "quoted_in"}
    assert set(found["stories"][0]) == set("id aliases title pieces outlets first_at last_at continues".split())
    assert set(found["feeds"][0]) == set(
        "url title outlet category last_success last_error next_poll_at next_poll_why".split()
    )


def test_export_as_lines_and_as_table_hold_the_same_entries(installation: Installation) -> None:
    whole = installation.json("export")
    lines = [json.loads(line) for line in installation.run("export", "--format", "jsonl").stdout.splitlines()]
    assert [line["id"] for line in lines if line["kind"] == "entry"] == [entry["id"] for entry in whole["entries"]]
    table = list(csv.DictReader(io.StringIO(installation.run("export", "--format", "csv").stdout)))
    assert [row["id"] for row in table] == [str(entry["id"]) for entry in whole["entries"]]


def test_explain_tells_a_copy_from_a_stranger(installation: Installation) -> None:
    entries = installation.json("export")["entries"]
    copy = next(entry for entry in entries if entry["of"] is not None)
    stranger = next(entry for entry in entries if entry["piece"] != copy["piece"])
    together = installation.json("explain", str(copy["id"]), str(copy["of"]), "--json")
    apart = installation.json("explain", str(copy["id"]), str(stranger["id"]), "--json")
    assert together["same_piece"]
    assert not apart["same_piece"]
    assert together["measures"]["containment"] > apart["thresholds"]["containment"] > apart["measures"]["containment"]
    assert "evidence" in installation.run("explain", str(copy["id"])).stdout
    assert "no entry" in installation.run("explain", "nothing", code=2).stderr


def test_dedupe_and_evaluate_need_no_store_and_no_config(tmp_path: Path) -> None:
    words = "the keeper of the light climbed the tower each evening and wrote what the sea had done that day ".split()
    texts = {
        "a1": [f"{word}{number % 7}" for number, word in enumerate(words * 12)],
        "b1": [f"{word}{number % 5}x" for number, word in enumerate(words * 12)],
    }
    texts["a2"] = texts["a1"][:-5]
    gold = [{"id": key, "outlet": key, "text": " ".join(text), "dup_group": key[0]} for key, text in texts.items()]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in gold), encoding="utf-8")
    here = Installation(folder=tmp_path, base="")
    command = [sys.executable, "-m", "aggregator", "dedupe", "in.jsonl", "-o", "out.jsonl"]
    subprocess.run(command, check=True, cwd=tmp_path, env=here.environment(EVENING), timeout=60)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [set(line) for line in lines] == [set("id piece role of jaccard containment credit story".split())] * 3
    assert {line["id"]: line["piece"] for line in lines} == {"a1": "a1", "b1": "b1", "a2": "a1"}
    score = [sys.executable, "-m", "aggregator", "evaluate", "in.jsonl", "out.jsonl", "--json"]
    done = subprocess.run(score, check=True, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["piece"]["pair_f1"] == 1.0


def heeding_interrupts() -> None:
    """What a shell starts in the background ignores them, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_serve_shows_the_site(installation: Installation) -> None:
    installation.run("digest")
    command = [sys.executable, "-u", "-m", "aggregator", "--config", str(installation.folder / "config.toml")]
    serve = [*command, "serve", "--port", "0"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, preexec_fn=heeding_interrupts) as process:  # noqa: PLW1509
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert b"Fair Copy" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_the_daemon_polls_publishes_and_mails_and_ends_its_work_on_sigterm(outlets: str, tmp_path: Path) -> None:
    made = configured(outlets, tmp_path)
    command = [sys.executable, "-m", "aggregator", "--config", str(tmp_path / "config.toml"), "run"]
    environment = made.environment(EVENING)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        heard = []
        for line in process.stderr:
            heard.append(line)
            if sum("mail to" in told for told in heard) == 2:
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(timeout=40) == 0, "".join(heard) + rest
    assert (tmp_path / "site" / "index.html").is_file()
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 2
    assert any("50 new entries" in line for line in heard)
