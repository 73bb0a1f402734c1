"""The house rules as tests: layers, one home for each borrowed library, late imports, size budgets."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "aggregator"

LAYERS = {
    "__about__": 0,
    "model": 0,
    "errors": 0,
    "history": 0,
    "loading": 0,
    "config_lines": 0,
    "config": 1,
    "config_mistakes": 1,
    "config_file": 1,
    "text": 2,
    "polling": 3,
    "identity": 3,
    "rhythm": 3,
    "arrivals": 3,
    "update": 3,
    "dedup": 3,
    "stories": 3,
    "digest": 3,
    "evaluation": 3,
    "fetch": 4,
    "parse": 4,
    "store": 4,
    "render": 4,
    "deliver": 4,
    "opml": 4,
    "health": 4,
    "pipeline": 5,
    "archive": 5,
    "daemon": 6,
    "demo": 6,
    "cli": 7,
    "__main__": 8,
}
WITHIN_A_LAYER = {
    ("config_mistakes", "config"),
    ("config_file", "config"),
    ("config_file", "config_mistakes"),
    ("update", "polling"),
    ("update", "rhythm"),
    ("update", "arrivals"),
    ("update", "identity"),
    ("rhythm", "polling"),
    ("arrivals", "identity"),
    ("model", "history"),
}
"""Single modules of one layer of which one is made of the other."""

HOMES = {
    "feedparser": ["parse/feed.py"],
    "datasketch": ["dedup/fingerprint.py"],
    "numba": ["dedup/kernels.py"],
    "jinja2": ["render/templates.py", "render/workshop.py"],
    "markupsafe": ["render"],
    "aiohttp": ["fetch/client.py"],
    "yarl": ["fetch/client.py"],
    "sqlalchemy": ["store"],
    "alembic": ["store"],
    "psycopg": ["store"],
    "pydantic": ["config.py", "config_mistakes.py"],
    "tomlkit": ["config_file.py"],
    "apscheduler": ["daemon.py"],
    "typer": ["cli"],
    "click": ["cli"],
    "rich": ["cli"],
    "nh3": ["text/html.py"],
    "tldextract": ["text/outlets.py"],
    "py3langid": ["text/language.py"],
    "dateparser": ["parse/dates.py"],
    "css_inline": ["render/mail.py"],
    "babel": ["render/localised.py"],
    "lxml": ["opml.py", "parse/sitemap.py"],
    "orjson": ["archive/files.py"],
    "prometheus_client": ["health.py"],
    "trafilatura": ["fetch/article.py"],
    "numpy": ["dedup", "stories", "archive", "text/language.py"],
    "scipy": ["stories", "dedup"],
}
DEAR = (
    "datasketch",
    "sqlalchemy.dialects.postgresql",
    "scipy",
    "numba",
    "alembic",
    "trafilatura",
    "dateparser",
    "py3langid",
    "lxml",
    "jinja2",
    "css_inline",
)


def sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module == "aggregator":
                yield from ((node.lineno, f"aggregator.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def test_every_module_has_its_layer() -> None:
    assert {room(path) for path in sources()} - {"__init__"} <= set(LAYERS)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    mine = room(path)
    if mine == "__init__":
        return
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] != "aggregator":
            continue
        assert len(parts) > 1, f"{path}:{line} imports from the package root"
        other = parts[1]
        allowed = other == mine or LAYERS[other] < LAYERS[mine] or (mine, other) in WITHIN_A_LAYER
        assert allowed, f"{path}:{line}: {mine} (layer {LAYERS[mine]}) imports {other} (layer {LAYERS[other]})"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_borrowed_library_is_imported_in_its_home_only(path: Path) -> None:
    mine = str(path.relative_to(PACKAGE))
    for line, name in imports(path):
        library = name.split(".")[0]
        if library in sys.stdlib_module_names or library in {"aggregator", "__future__"}:
            continue
        assert library in HOMES, f"{path}:{line}: {library} has no home yet; give it one here"
        homes = HOMES[library]
        assert any(mine == home or mine.startswith(f"{home}/") for home in homes), f"{path}:{line}: {library}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 320, f"{path} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            assert size <= 60, f"{path}:{node.lineno} {node.name} has {size} lines"
        if isinstance(node, ast.ClassDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            assert size <= 200, f"{path}:{node.lineno} {node.name} has {size} lines"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_opens_with_its_rules(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no docstring"


def test_names_say_what_things_are() -> None:
    vague = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "tools"}
    assert not [path for path in sources() if path.stem in vague]


@pytest.mark.parametrize(
    "module",
    ["aggregator.cli.main", "aggregator.pipeline.refresh", "aggregator.store.database", "aggregator.fetch.client"],
)
def test_a_poll_in_which_nothing_changed_loads_nothing_dear(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in {DEAR!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.split() == []
