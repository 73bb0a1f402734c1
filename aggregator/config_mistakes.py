"""Every mistake in a config, in plain words and with its place: pure, values in and values out.

`find_mistakes` takes what tomllib read and the places of its keys, and returns all mistakes at once. A value
itself is repeated only where the rule's own words do: a mistyped line may hold a secret.
In a key path the elements of arrays count from 1, as lines do: `feeds[2].url`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import ValidationError

from aggregator.config import Config, Table
from aggregator.config_lines import Path, Places
from aggregator.errors import Mistake

DEFAULT_PORTS = {"http": 80, "https": 443}

PATTERNS = {
    r"^https?://\S+$": 'must be a whole address that begins with "http://" or "https://"',
    r"^[a-z0-9][a-z0-9-]{0,39}$": "must be a short name of small letters, digits and hyphens (it names files)",
    r"^[^@\s]+@[^@\s]+$": 'must be a mail address, such as "reader@example.org"',
}
"""What each pattern in `config` asks for; a test holds this table against the model."""

WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "string_type": lambda _: "must be text in quotation marks",
    "string_too_long": lambda limits: f"must have at most {limits['max_length']} characters",
    "string_pattern_mismatch": lambda limits: PATTERNS[limits["pattern"]],
    "int_parsing_size": lambda _: "is too large",
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "float_parsing": lambda _: "must be a number",
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda _: "must be true or false",
    "greater_than": lambda limits: f"must be more than {limits['gt']}",
    "greater_than_equal": lambda limits: f"must be at least {limits['ge']:g}",
    "less_than_equal": lambda limits: f"must be at most {limits['le']:g}",
    "literal_error": lambda limits: "must be " + str(limits["expected"]).replace("'", '"'),
    "tuple_type": lambda _: "must be a list in square brackets",
    "dict_type": lambda _: "must be a table",
    "model_type": lambda _: "must be a table",
    "time_type": lambda _: 'must be a time of day, such as "06:30"',
    "time_parsing": lambda _: 'must be a time of day, such as "06:30"',
    "ip_v4_network": lambda _: 'must be a network or address in quotation marks, such as "192.168.1.0/24"',
    "ip_v6_network": lambda _: 'must be a network or address in quotation marks, such as "192.168.1.0/24"',
    "value_error": lambda limits: str(limits["error"]),
}
"""pydantic's error types in words; https://docs.pydantic.dev/latest/errors/validation_errors/"""


def find_mistakes(data: Mapping[str, Any], places: Places, file: str) -> tuple[Mistake, ...]:
    """Everything that is wrong with the data, in the order of the file."""
    found = [*_refused(data), *_doubled_feeds(data), *_doubled_domains(data), *_doubled_names(data)]
    mistakes = [
        Mistake(file=file, line=places.line(path), key=key_path(path) or "file", problem=problem)
        for path, problem in dict.fromkeys(found)  # a union's members say the same thing twice
    ]
    return tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.key)))


def key_path(path: Path) -> str:
    """A path as people write it: `fetch.interval`, `feeds[2].url` (the second feed)."""
    words = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return words.removeprefix(".")


def comparable_url(url: str) -> str:
    """The address in the form in which two of one feed are equal: RFC 3986 6.2.2.1 and 6.2.3, without fragment."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    user = parts.netloc.rpartition("@")[0]
    host = (parts.hostname or "").removesuffix(".")
    host = f"[{host}]" if ":" in host else host
    place = host if port in {None, DEFAULT_PORTS.get(parts.scheme)} else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{user + '@' if user else ''}{place}{parts.path or '/'}{query}"


def table_model(name: str) -> type[Table]:
    """The model of a top-level table, of the elements of an array of tables, or of a table's values."""
    annotation = Config.model_fields[name].annotation
    candidates = (annotation, *get_args(annotation))
    return next(model for model in candidates if isinstance(model, type) and issubclass(model, Table))


def keys_of(model: type[Table]) -> tuple[str, ...]:
    """The keys that a table may hold, as written in the file."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _refused(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    try:
        Config.model_validate(data)
    except OverflowError:
        yield (), "a number or duration is too large"
    except ValidationError as refusal:
        for error in refusal.errors():
            path = error["loc"] if error["type"] == "missing" else _own_part(error["loc"], data)
            yield path, _in_words(error, path)


def _own_part(location: Path, data: Any) -> Path:
    """The location as far as the file has it: pydantic appends names of its own for unions and map keys."""
    for length, part in enumerate(location):
        inside = part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int)
        if not inside:
            return location[:length]
        data = data[part]
    return location


def _in_words(error: Mapping[str, Any], path: Path) -> str:
    if error["type"] == "extra_forbidden":
        return unknown_key(path)
    if error["type"] == "tuple_type" and isinstance(error["input"], dict):
        return f"write [[{path[0]}]] in double brackets: there may be several"
    if error["type"] == "model_type" and isinstance(error["input"], list):
        return f"write [{path[0]}] in single brackets: there is only one"
    if path[-1:] == ("time",) and error["type"] == "value_error":
        return 'must be a time of day, such as "06:30"'
    words = WORDS.get(error["type"])
    return words(error.get("ctx", {})) if words else str(error["msg"])


def unknown_key(path: Path) -> str:
    """Say that the key is unknown, and which valid one is meant: the nearest here, or the same one elsewhere."""
    key = str(path[-1])
    known = keys_of(table_model(str(path[0]))) if len(path) > 1 else tuple(Config.model_fields)
    near = get_close_matches(key.lower(), known, n=1)
    if near:
        return f"unknown key; did you mean `{near[0]}`?"
    homes = [name for name in Config.model_fields if key in keys_of(table_model(name))]
    if homes:
        return f"unknown key here; `{key}` belongs in [{homes[0]}]"
    return f"unknown key; valid here: {', '.join(known)}"


def _doubled_feeds(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    urls = [(path, comparable_url(url)) for path, url in _texts(data, "feeds", "url")]
    return _doubled(urls, "the same feed stands in {first} already")


def _doubled_domains(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    domains = [
        (("outlets", index, "domains", place), domain.lower().removesuffix("."))
        for index, outlet in _tables(data, "outlets")
        for place, domain in enumerate(_list(outlet.get("domains")))
        if isinstance(domain, str)
    ]
    return _doubled(domains, "{first} claims this domain already")


def _doubled_names(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for table in ("digests", "outlets"):
        yield from _doubled(_texts(data, table, "name"), "{first} has this name already")


def _doubled(values: Iterable[tuple[Path, str]], problem: str) -> Iterator[tuple[Path, str]]:
    first: dict[str, Path] = {}
    for path, value in values:
        if first.setdefault(value, path) != path:
            yield path, problem.format(first=key_path(first[value][:2]))


def _texts(data: Mapping[str, Any], table: str, key: str) -> list[tuple[Path, str]]:
    """The texts under the key in every element of an array of tables, the model's default where it is left out."""
    default = table_model(table).model_fields[key].default
    rows = [((table, index, key), row.get(key, default)) for index, row in _tables(data, table)]
    return [(path, text) for path, text in rows if isinstance(text, str)]


def _tables(data: Mapping[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
    return [(index, row) for index, row in enumerate(_list(data.get(name))) if isinstance(row, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
