"""config.toml as a file: its paths, its secrets, and edits that keep every other byte."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import Config, FeedTable, Site, StoreTable
from aggregator.config_file import add_feeds, line_of, load, parse, remove_feed, replace_file, resolve, secret
from aggregator.errors import ConfigError, UsageError

A, B, C = (f"https://{name}.example/feed" for name in "abc")


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_bytes(text.encode())
    return path


def urls(path: Path) -> list[str]:
    return [feed.url for feed in load(path, {}).feeds]


# ---------------------------------------------------------------- paths


def test_relative_paths_start_at_the_files_folder(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "[site]\noutput='out'\ntemplates='t'\n[mail]\nmaildir='m'\npassword_file='p'\n[store]\nurl='sqlite:///s/x.db?timeout=5'",
    )
    config = load(path, {})
    assert (config.site.output, config.site.templates) == (str(tmp_path / "out"), str(tmp_path / "t"))
    assert (config.mail.maildir, config.mail.password_file) == (str(tmp_path / "m"), str(tmp_path / "p"))
    assert config.store.url == f"sqlite:///{tmp_path}/s/x.db?timeout=5"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/x.sqlite",
        "sqlite:///:memory:",
        "sqlite://",
        "postgresql+psycopg://u@h/name",
        "sqlite:///file:x?uri=true",
    ],
)
def test_a_store_without_a_relative_path_stays_as_written(url: str) -> None:
    config = Config(store=StoreTable(url=url))
    assert resolve(config, Path("/etc"), {}).store.url == url


def test_absolute_paths_stay_and_a_tilde_is_the_environments_home() -> None:
    config = Config(site=Site(output="/srv/www", templates="~/t"))
    site = resolve(config, Path("/etc"), {"HOME": "/home/me"}).site
    assert (site.output, site.templates) == ("/srv/www", "/home/me/t")


def test_without_home_a_tilde_is_a_name_like_any_other() -> None:
    assert resolve(Config(site=Site(output="~/x")), Path("/etc"), {}).site.output == "/etc/~/x"


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_bytes(b'\xef\xbb\xbf[site]\r\ntitle = "x"\r\n')
    assert load(path, {}).site.title == "x"


def test_a_key_is_found_on_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "[site]\n\n[mail]\nport = 25\n")
    assert (line_of(path, "mail", "port"), line_of(path, "mail", "host"), line_of(path, "fetch", "contact")) == (
        4,
        3,
        0,
    )


# ---------------------------------------------------------------- secrets


def test_a_secret_comes_from_the_environment_or_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b" pass word \r\n")
    assert secret({"P": "x"}, env="P", file=None) == "x"
    assert secret({}, env=None, file=str(tmp_path / "p")) == " pass word "
    assert secret({}, env=None, file=None) is None


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff"])
def test_a_secrets_file_that_is_missing_empty_or_binary_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "p"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=str(path)):
        secret({}, env=None, file=str(path))


@pytest.mark.parametrize("environment", [{}, {"P": ""}])
def test_a_secrets_variable_that_is_not_set_is_a_usage_error(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="P is not set"):
        secret(environment, env="P", file=None)


# ---------------------------------------------------------------- adding


def test_an_added_feed_stands_at_the_end_and_no_other_byte_changes(tmp_path: Path) -> None:
    text = '# head\n[site]\ntitle="x"   # odd  spacing\n\n[[feeds]]\nurl = "https://a.example/feed"\n# tail\n'
    path = written(tmp_path, text)
    add_feeds(path, [FeedTable(url=B, title='a "title"\n', interval=timedelta(minutes=90), headers={"A": "b"})])
    assert path.read_text().startswith(text)
    added = load(path, {}).feeds[1]
    assert (added.title, added.interval, added.headers) == ('a "title"\n', timedelta(minutes=90), {"A": "b"})
    assert 'interval = "90m"' in path.read_text()


def test_feeds_after_one_with_headers_are_feeds_of_their_own(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    add_feeds(path, [FeedTable(url=A, headers={"A": "b"}), FeedTable(url=B)])
    assert urls(path) == [A, B]


def test_a_feed_that_stands_there_already_or_comes_twice_is_added_once(tmp_path: Path) -> None:
    path = written(tmp_path, f'[[feeds]]\nurl = "{A}"\n')
    added = add_feeds(path, [FeedTable(url=A + "#x"), FeedTable(url=B, title="first"), FeedTable(url=B)])
    assert [feed.title for feed in added] == ["first"]
    assert urls(path) == [A, B]


def test_windows_line_ends_are_kept(tmp_path: Path) -> None:
    path = written(tmp_path, '[site]\r\ntitle = "x"\r\n')
    add_feeds(path, [FeedTable(url=A)])
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    assert urls(path) == [A]


@pytest.mark.parametrize("end", ["", "\n"])
def test_feeds_written_as_an_inline_array_stay_one(tmp_path: Path, end: str) -> None:
    path = written(tmp_path, f'feeds = [\n  {{url = "{A}"}}, # mine\n]{end}')
    add_feeds(path, [FeedTable(url=B)])
    assert urls(path) == [A, B]
    assert remove_feed(path, A)
    assert urls(path) == [B]


def test_an_empty_inline_array_takes_a_feed(tmp_path: Path) -> None:
    path = written(tmp_path, "feeds = [] # none yet\n[site]\n")
    add_feeds(path, [FeedTable(url=A)])
    assert urls(path) == [A]
    assert "# none yet" in path.read_text()


def test_a_file_with_mistakes_is_not_edited(tmp_path: Path) -> None:
    path = written(tmp_path, "[sote]\n")
    with pytest.raises(ConfigError):
        add_feeds(path, [FeedTable(url=A)])
    assert path.read_text() == "[sote]\n"


# ---------------------------------------------------------------- removing


def test_removing_leaves_the_comments_and_tables_around_the_feed(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f'# about a\n[[feeds]]\nurl = "{A}"\n\n# about b\n[[feeds]]\nurl = "{B}" # why\n[feeds.headers]\nX = "y"\n\n'
        f'# about c\n[[feeds]]\nurl = "{C}"\n[site]\ntitle = "x"\n',
    )
    assert remove_feed(path, B + "#top")
    assert path.read_text() == (
        f'# about a\n[[feeds]]\nurl = "{A}"\n\n# about b\n# about c\n[[feeds]]\nurl = "{C}"\n[site]\ntitle = "x"\n'
    )


def test_removing_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, f'[[feeds]]\nurl = "{A}"\n')
    before = path.stat().st_mtime_ns
    assert not remove_feed(path, B)
    assert path.stat().st_mtime_ns == before


def test_a_table_of_the_feed_that_stands_behind_another_table_goes_too(tmp_path: Path) -> None:
    path = written(tmp_path, f'[[feeds]]\nurl = "{A}"\n[site]\ntitle = "x"\n[feeds.headers]\nX = "y"')
    assert remove_feed(path, A)
    assert path.read_text() == '[site]\ntitle = "x"\n'


def test_unusual_line_separators_in_a_comment_do_not_shift_the_edit(tmp_path: Path) -> None:
    path = written(tmp_path, f'# one\u2028two\u0085three\n[[feeds]]\nurl = "{A}"\n')
    assert remove_feed(path, A)
    assert path.read_bytes().decode() == "# one\u2028two\u0085three\n"


FEEDS = st.lists(
    st.builds(
        FeedTable,
        url=st.integers(0, 5).map(lambda number: f"https://{number}.example/"),
        title=st.none() | st.text(max_size=5),
        category=st.none() | st.text(max_size=5),
        interval=st.none() | st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
        headers=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    ),
    max_size=4,
    unique_by=lambda feed: feed.url,
)


@settings(max_examples=40)  # each writes up to eight files with fsync
@given(feeds=FEEDS, tail=st.sampled_from(["", "# tail", "\n\n# tail\n"]))
def test_adding_feeds_and_removing_them_again_gives_the_same_feeds_and_then_none(
    tmp_path_factory: pytest.TempPathFactory, feeds: list[FeedTable], tail: str
) -> None:
    path = written(tmp_path_factory.mktemp("config"), "[site]\n" + tail)
    add_feeds(path, feeds)
    assert list(parse(path.read_text(), "c").feeds) == feeds
    for feed in feeds:
        remove_feed(path, feed.url)
    assert path.read_text().rstrip("\n") == ("[site]\n" + tail).rstrip("\n")


# ---------------------------------------------------------------- replacing


def test_replacing_keeps_rights_and_links_and_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "old")
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    replace_file(link, b"new")
    assert (path.read_text(), link.is_symlink(), path.stat().st_mode & 0o777) == ("new", True, 0o640)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_replacement_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        replace_file(tmp_path / "folder", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
