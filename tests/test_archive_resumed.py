"""A run of `dedupe` that is stopped, killed or started again: the output is the same to the byte."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator.archive import dedupe, dedupe_file, read_archive
from aggregator.archive.engine import BATCH
from aggregator.archive.run import BYTES_A_LINE
from aggregator.archive.unfinished import SUFFIX, Unfinished
from aggregator.config import Config, Dedup
from aggregator.errors import UsageError
from aggregator.stories.cluster import Clusterer
from tests.dedup.texts import article, edited

CONFIG = Config()


def write_archive(path: Path, count: int = 6 * BATCH + 7) -> Path:
    """Articles of two months, a fifth of them copies, each outlet with a line of its own under its texts."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8") as file:
        for number in range(count):
            made = article(number, 60) if number % 5 else edited(article(number // 10, 60), 0.05, seed=number)
            line = {
                "id": number, "outlet": f"o{number % 7}.example", "title": f"Number {number}", "lang": "en",
                "text": f"{made}\nMore from o{number % 7}: give what you can to the fund of our readers in this valley.",
                "published": f"2024-{1 + number * 2 // count:02}-{1 + number * 2 * 28 // count % 28:02}T08:00:00Z",
            }  # fmt: skip
            file.write(f"{json.dumps(line)}\n")
    return path


def undisturbed(source: Path) -> list[dict[str, Any]]:
    return list(dedupe(read_archive(str(source)), config=CONFIG, stories=Clusterer(CONFIG.stories)))


def run(source: Path, output: Path, stopping: Callable[[], bool] = bool, every: int = 1, **config: Any) -> bool:
    given = CONFIG.model_copy(update=config)
    return dedupe_file(
        str(source), str(output), config=given, stories=Clusterer(given.stories), every=every, stopping=stopping
    )


def after(batches: int) -> Callable[[], bool]:
    """Stop after so many batches."""
    left: Iterator[bool] = iter([False] * (batches - 1))
    return lambda: next(left, True)


@pytest.mark.parametrize(("source", "output"), [("in.jsonl", "out.jsonl"), ("in.jsonl.gz", "out.jsonl.gz")])
def test_a_run_that_is_stopped_after_every_batch_gives_what_an_undisturbed_one_gives(
    tmp_path: Path, source: str, output: str
) -> None:
    archive = write_archive(tmp_path / source)
    (tmp_path / "whole").mkdir()
    assert run(archive, tmp_path / "whole" / output)
    for _ in range(6):
        assert not run(archive, tmp_path / output, after(1))
        assert not (tmp_path / output).exists(), "an output appears when it is whole"
    assert not run(archive, tmp_path / output, after(1)), "the seventh and last batch is short"
    assert run(archive, tmp_path / output, after(1))
    assert (tmp_path / output).read_bytes() == (tmp_path / "whole" / output).read_bytes()
    assert list(read_archive(str(tmp_path / output))) == undisturbed(archive)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([source, output, "whole"])


def test_what_was_written_after_the_last_kept_state_is_written_again(tmp_path: Path) -> None:
    archive, output = write_archive(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    assert not run(archive, output, after(5))
    folder = output.with_name(output.name + SUFFIX)
    for name in ("records", "spool"):
        with (folder / name).open("ab") as file:
            file.write(b"half a li")
    (folder / "state.new").write_bytes(b"half a state")
    assert run(archive, output)
    assert list(read_archive(str(output))) == undisturbed(archive)


def test_another_input_or_other_settings_begin_anew(tmp_path: Path) -> None:
    archive, output = write_archive(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    assert not run(archive, output, after(3))
    write_archive(archive, 3 * BATCH)
    assert run(archive, output)
    assert list(read_archive(str(output))) == undisturbed(archive)
    assert not run(archive, output, after(1))
    assert run(archive, output, dedup=Dedup(containment=1.0, min_shared=1000))
    assert all(record["piece"] == record["id"] for record in read_archive(str(output)))


@pytest.mark.parametrize("harm", [b"", b"{}\n", b"no pickle"])
def test_a_state_that_is_damaged_is_not_used(tmp_path: Path, harm: bytes) -> None:
    archive, output = write_archive(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    assert not run(archive, output, after(3))
    state = output.with_name(output.name + SUFFIX) / "state"
    job = state.read_bytes().split(b"\n", 1)[0]
    state.write_bytes(harm or job + b"\n" + state.read_bytes()[len(job) + 1 : -200])
    assert run(archive, output)
    assert list(read_archive(str(output))) == undisturbed(archive)


class Command:
    """What a hostile file would have us make."""

    def __reduce__(self) -> Any:
        return (print, ("owned",))


@pytest.mark.parametrize("hostile", [Command(), dedupe, io.StringIO])
def test_a_state_from_elsewhere_runs_nothing(
    tmp_path: Path, hostile: object, capsys: pytest.CaptureFixture[str]
) -> None:
    work = Unfinished(tmp_path / "out.jsonl", {"job": 1})
    with work.opened():
        work.save({})
    state = tmp_path / f"out.jsonl{SUFFIX}" / "state"
    state.write_bytes(b'{"job": 1}\n' + pickle.dumps({"files": {"records": 0, "spool": 0}, "grouper": hostile}))
    with work.opened() as found:
        assert found is None
    assert capsys.readouterr().out == ""


def test_two_processes_cannot_write_one_output(tmp_path: Path) -> None:
    work, other = (Unfinished(tmp_path / "out.jsonl", {"job": number}) for number in (1, 2))
    with work.opened(), pytest.raises(UsageError, match="another process"), other.opened():
        raise AssertionError("not reached")


def test_a_mistake_in_the_input_leaves_nothing_behind(tmp_path: Path) -> None:
    archive, output = write_archive(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    with archive.open("a") as file:
        file.write("no article\n")
    output.write_text("before")
    with pytest.raises(UsageError, match=rf"in\.jsonl:{6 * BATCH + 8}: no JSON"):
        run(archive, output)
    assert output.read_text() == "before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]
    with pytest.raises(UsageError, match="absent"):
        run(tmp_path / "absent.jsonl", output)
    with pytest.raises(UsageError, match="nowhere"):
        run(archive, tmp_path / "nowhere" / "out.jsonl")


def test_large_states_are_kept_seldom(tmp_path: Path) -> None:
    archive, output = write_archive(tmp_path / "in.jsonl"), tmp_path / "out.jsonl"
    state, sizes = output.with_name(output.name + SUFFIX) / "state", set[int]()

    def look() -> bool:
        sizes.add(state.stat().st_size if state.exists() else 0)
        return False

    assert run(archive, output, look)
    assert 1 < len(sizes) < 6, "a line may cost so many bytes of state"
    assert max(sizes) > 2 * BATCH * BYTES_A_LINE
