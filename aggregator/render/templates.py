"""Templates: where they are found, what they may use, and what becomes of a broken one.

Search order: the user's folder (`site.templates`), the package, the checkout. A user's template may extend the one
it replaces by the prefix `default:` (`{% extends "default:digest.html" %}`). Html and xml are escaped, an unknown
name is an error, and nothing that must never be printed reaches a page, whatever a template forgets: a page that holds
anything of the kind is made again with every printed value passed through `harmless`. Nothing foreign is ever read as
a template.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from types import FunctionType
from typing import Any

import jinja2
from markupsafe import Markup, escape

from aggregator.config import Site
from aggregator.errors import RenderError
from aggregator.render import charts, edition_words, evidence_words, tally, timeline, verdicts, words
from aggregator.render.difference import Kind, Run
from aggregator.render.foreign import (
    ISOLATE,
    RELEASE,
    TITLE_LIMIT,
    bare,
    harmless,
    language_tag,
    may_run_left,
    tidy,
)
from aggregator.render.localised import Interface
from aggregator.render.plain import wrap
from aggregator.render.words import Speech
from aggregator.render.workshop import OFTEN, Compiled, Once, Workshop
from aggregator.text.language import direction
from aggregator.text.urls import shown

PACKAGED = Path(__file__).parents[1] / "templates"
CHECKOUT = Path(__file__).parents[2] / "templates"
TEXT_TYPES = ("html", "xml", "txt")
COMPILED, COMPILED_WITH_CARE = Compiled(), Compiled()


@dataclass(frozen=True, slots=True)
class Templates:
    """A site's templates, made ready; others hold them without knowing what they are."""

    quick: jinja2.Environment
    careful: jinja2.Environment
    """The same, but each printed value passes through `harmless`; it takes a quarter longer."""


def loader(site: Site) -> jinja2.BaseLoader:
    """The search path described above."""
    default = jinja2.FileSystemLoader([PACKAGED, CHECKOUT])
    own = [jinja2.FileSystemLoader(site.templates)] if site.templates else []
    return jinja2.ChoiceLoader([*own, default, jinja2.PrefixLoader({"default": default}, delimiter=":")])


def environment(site: Site, speech: Speech, **more: Any) -> Templates:
    """The templates of a site, with the words, pictures and filters that they may use, and `more`."""
    names = vocabulary(site, speech) | more
    return Templates(quick=prepared(site, names, None), careful=prepared(site, names, printed))


def prepared(site: Site, names: Mapping[str, Any], finalize: Callable[[Any], Any] | None) -> jinja2.Environment:
    """Templates that may use these names; each printed value passes through `finalize`."""
    made = Workshop(
        loader=loader(site),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(("html", "xml"), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        finalize=finalize,
        bytecode_cache=COMPILED_WITH_CARE if finalize else COMPILED,
    )
    made.globals.update(names, once=Once())
    made.filters.update(say=say, plain=bare, wrap=wrap)
    return made


def time_element(interface: Interface, moment: datetime, near: date, words: str | None = None) -> Markup:
    """A moment for readers and for programs, on a page of the day `near`."""
    exact = interface.local(moment).isoformat(timespec="minutes")
    shown_words = escape(words or interface.moment(moment, near))
    return Markup(f'<time datetime="{exact}">{shown_words}</time>')  # noqa: S704  escaped above


def vocabulary(site: Site, speech: Speech) -> dict[str, Any]:
    """The names that every template may use."""
    sentences = {
        name: bound(function, speech)
        for name, function in public(words, verdicts, edition_words, evidence_words)
        if takes_speech(function)
    }
    plain = {name: function for name, function in public(words) if not takes_speech(function)}
    pictures = {
        "tally": marked(tally.tally), "bar": marked(tally.bar), "sign": marked(tally.sign),
        "marks": tally.marks, "strip": marked(bound(charts.strip, speech)),
        "growth": marked(bound(charts.growth, speech)), "timeline": marked(bound(timeline.timeline, speech)),
    }  # fmt: skip
    return {
        **plain, **sentences, **pictures, "site": site, "speech": speech, "interface": speech.interface,
        "bdi": bdi, "dir": dir_attribute, "lang": lang_attribute, "runs": runs,
        "outlet": lru_cache(OFTEN)(lambda key: say(speech.outlet(key))), "link": safe_link, "outside": outside,
        "time": lru_cache(OFTEN)(partial(time_element, speech.interface)),
        "_": lru_cache(OFTEN)(speech._), "count": lru_cache(OFTEN)(speech.count),
    }  # fmt: skip


def public(*modules: Any) -> list[tuple[str, Callable[..., Any]]]:
    """The functions that the modules define themselves."""
    return [
        (name, value)
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
    ]


def takes_speech(function: Callable[..., Any]) -> bool:
    """Whether the function's first argument is the speech."""
    return function.__code__.co_varnames[:1] == ("speech",)


def bound(function: Callable[..., Any], speech: Speech) -> Callable[..., Any]:
    """The function with its first argument given."""
    return partial(function, speech)


def marked(function: Callable[..., str]) -> Callable[..., Markup]:
    """The function's result as markup: it escapes what it holds itself."""

    def call(*arguments: Any, **named: Any) -> Markup:
        return Markup(function(*arguments, **named))  # noqa: S704  pictures escape their own words

    return partial(call)


def printed(value: Any) -> Any:
    """What a template is about to print, without what must never be printed."""
    if isinstance(value, Markup):
        shown = harmless(value)
        return value if shown is value else Markup(shown)  # noqa: S704  it was markup before
    return harmless(value) if isinstance(value, str) else value


def say(sentence: str) -> Markup:
    """A sentence of ours as markup: names between isolates become `<bdi>`."""
    parts = str(escape(sentence)).split(ISOLATE)
    marked_up = [parts[0]]
    for part in parts[1:]:
        name, found, rest = part.partition(RELEASE)
        marked_up.append(f"<bdi>{name}</bdi>{rest}" if found else name)
    return Markup("".join(marked_up).replace(RELEASE, ""))  # noqa: S704  escaped above


@lru_cache(OFTEN)
def bdi(text: str, language: str | None = None, limit: int = TITLE_LIMIT) -> Markup:
    """Foreign words, tidied and set apart, in their language and direction."""
    opened = f"<bdi{lang_attribute(language)}{dir_attribute(text)}>"
    return Markup(f"{opened}{escape(tidy(text, limit))}</bdi>")  # noqa: S704  escaped, and attributes are made here


LEFTWARDS, NOTHING = Markup(' dir="rtl"'), Markup()


def dir_attribute(text: str) -> Markup:
    """` dir="rtl"` for a block whose words run from right to left, else nothing."""
    return LEFTWARDS if may_run_left(text) and direction(None, text) == "rtl" else NOTHING


@lru_cache(OFTEN)
def lang_attribute(language: str | None) -> Markup:
    """` lang="de"`, or nothing for a language that cannot be stated."""
    tag = language_tag(language)
    return Markup(f' lang="{tag}"') if tag else Markup()  # noqa: S704  letters, figures and hyphens


@lru_cache(OFTEN)
def safe_link(address: str | None) -> str | None:
    """An absolute http or https address that may be linked to, or None."""
    return shown(address, None) if address else None


def outside(address: str | None, words: Markup) -> Markup:
    """The words as a link that leads out of the site; without an address that may be linked to, the words."""
    target = safe_link(address)
    if target is None:
        return words
    return Markup(f'<a href="{escape(target)}" rel="noopener noreferrer nofollow">{escape(words)}</a>')  # noqa: S704


OPENED = {Kind.ADDED: "\x01", Kind.REMOVED: "\x03", Kind.BOILERPLATE: "\x05", Kind.SAME: ""}
CLOSED = {Kind.ADDED: "\x02", Kind.REMOVED: "\x04", Kind.BOILERPLATE: "\x06", Kind.SAME: ""}
ELEMENTS = (("\x01", "<ins>"), ("\x02", "</ins>"), ("\x03", "<del>"), ("\x04", "</del>"),
            ("\x05", '<span class="boiler">'), ("\x06", "</span>"))  # fmt: skip
"""What stands for an element while a line is escaped in one go: a tidied text holds no controls."""


def runs(paragraph: Iterable[Run]) -> Markup:
    """A paragraph of a word difference, each run by what became of it."""
    parts = [f"{'' if glued else ' '}{OPENED[kind]}{text}{CLOSED[kind]}" for kind, text, _, glued in paragraph]
    line = str(escape("".join(parts)))
    for mark, element in ELEMENTS:
        line = line.replace(mark, element)
    return Markup(line)  # noqa: S704  escaped, and elements are made here


def render(made: Templates, name: str, values: Mapping[str, Any]) -> str:
    """One template with its values. Raises RenderError with the file and line at fault."""
    page = filled(made.quick, name, values)
    return page if harmless(page) == page else filled(made.careful, name, values)


def filled(made: jinja2.Environment, name: str, values: Mapping[str, Any]) -> str:
    """The template of that name with its values, one or the other way."""
    try:
        return made.get_template(name).render(values)
    except jinja2.TemplateSyntaxError as error:
        raise RenderError(error.message or "cannot be read", file=error.filename or error.name or name,
                          line=error.lineno) from error  # fmt: skip
    except jinja2.TemplateNotFound as error:
        raise RenderError(f"no template {error}", file=name, line=line_at_fault(error, name)[1]) from error
    except Exception as error:
        file, line = line_at_fault(error, name)
        raise RenderError(f"{type(error).__name__}: {error}", file=file, line=line) from error


def line_at_fault(error: Exception, name: str) -> tuple[str, int]:
    """The innermost template line of a traceback: jinja2 gives its frames the template's file and line."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(TEXT_TYPES)]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else (name, 0)


def asset(site: Site, name: str) -> bytes:
    """A file that is published as it is (style sheet, script), the user's before ours. Raises RenderError."""
    for folder in (Path(site.templates) if site.templates else PACKAGED, PACKAGED, CHECKOUT):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise RenderError("is missing", file=name, line=0)


def broken(site: Site, speech: Speech) -> tuple[RenderError, ...]:
    """Every template that cannot be read, the user's and ours; nothing is rendered."""
    made, errors = environment(site, speech).quick, []
    for name in made.list_templates(extensions=TEXT_TYPES):
        try:
            made.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            errors.append(RenderError(error.message or "", file=error.filename or name, line=error.lineno))
        except UnicodeDecodeError as error:
            errors.append(RenderError(f"is not UTF-8: {error.reason}", file=name, line=0))
    return tuple(errors)
