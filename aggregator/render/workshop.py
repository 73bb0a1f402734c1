"""How templates are compiled, and what is made once for many pages. With `templates`, the home of jinja2.

A year of editions has four hundred thousand pages, and what Jinja does between their values is half of the work: so
calls are plain calls, markup is printed as it is, and compiled templates are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from io import StringIO
from types import EllipsisType, FunctionType, MethodType, NoneType
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.runtime import Macro
from markupsafe import Markup, escape

OFTEN = 4096
"""Names, headlines and addresses whose markup is kept: an edition shows most of them on three pages and more."""


TAKEN: dict[str, set[str] | None] = {}
"""The names that a template takes from elsewhere, by its source: the environments of a program read the same files."""


LASTING = frozenset({str, int, bool, NoneType, EllipsisType, date, FunctionType, MethodType})
"""Values that many pages share, where a story or a piece is a page's own."""
MOST_MODULES = 64
"""Ours are made for three ways to the root and five marked entries of the navigation."""


ROW = "row"
ROWS = {f"{ROW}.append(": "yield str(", f"{ROW}.extend((": "yield concat(("}
"""How the lines begin that Jinja would write to put text into a list of that name."""


class Compiled(jinja2.BytecodeCache):
    """Compiled templates for as long as the program runs, told apart by their source: compiling ours takes 0.2 s."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the compiled template; one whose source has changed is refused by its checksum."""
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the compiled template."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


class Plainly(CodeGenerator):
    """Python for a template, with nothing around its calls and its markup.

    Jinja asks a callable three questions before each call, whether it wants the context beside its arguments: none of
    ours does, nor of Jinja's own globals. It copies what it prints twice to be sure that it is markup: most is. And it
    hands each piece of text from block to block up to the page: here what stands side by side is joined, and a block.
    """

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802
        """Write all that is printed in a row as one."""
        if frame.buffer is not None:
            super().visit_Output(node, frame)
            return
        frame.buffer = ROW
        super().visit_Output(node, frame)
        frame.buffer = None

    def writeline(self, x: str, node: nodes.Node | None = None, extra: int = 0) -> None:
        """Write a line; one that yields piece by piece yields the whole."""
        if x.startswith("yield from "):
            x = f"yield concat({x.removeprefix('yield from ')})"
        super().writeline(ROWS.get(x, x), node, extra)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        """Write a call as Python has it."""
        self.visit(node.node, frame)
        written, self.stream = self.stream, StringIO()
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        arguments, self.stream = self.stream.getvalue(), written
        self.write(f"({arguments.removeprefix(', ')})")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(f"(_value if type(_value := {finalize.src or '('}")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(")) is Markup else environment.escaped(_value) if type(_value) is str else escape(_value))")


class Sheet(jinja2.Template):
    """A template whose macros are made once for all pages that give the same values to the names it takes from them."""

    @cached_property
    def made(self) -> dict[tuple[Any, ...], TemplateModule]:
        """The macros by those values."""
        return {}

    @cached_property
    def taken(self) -> tuple[str, ...] | None:
        """The names taken from the page that imports it; None where templates that it uses itself may take more."""
        assert self.environment.loader is not None
        source, _, _ = self.environment.loader.get_source(self.environment, self.name or "")
        if source not in TAKEN:
            tree = self.environment.parse(source)
            alone = not any(meta.find_referenced_templates(tree))
            TAKEN[source] = meta.find_undeclared_variables(tree) if alone else None
        found = TAKEN[source]
        return None if found is None else tuple(sorted(found - self.environment.globals.keys()))

    def make_module(
        self,
        vars: dict[str, Any] | None = None,  # noqa: A002
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,  # noqa: A002
    ) -> TemplateModule:
        """The template's macros, as an import finds them."""
        given = {**(vars or {}), **(locals or {})}
        key = tuple(given.get(name, ...) for name in self.taken or ())
        if self.taken is None or not all(type(value) in LASTING for value in key):
            return super().make_module(vars, shared, locals)
        if key not in self.made:
            if len(self.made) == MOST_MODULES:
                self.made.clear()
            self.made[key] = super().make_module(vars, shared, locals)
        return self.made[key]


class Workshop(jinja2.Environment):
    """An environment whose templates find its names as they are.

    Jinja's chain of two mappings is copied name by name for each page, a twelfth of the time that the page takes.
    """

    code_generator_class = Plainly
    template_class = Sheet
    escaped = staticmethod(lru_cache(OFTEN)(escape))
    """A string as markup: the way to the root, the names of things and our own words come again on every page."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What a template finds beside its values."""
        return {**self.globals, **d} if d else self.globals


@dataclass(frozen=True, slots=True)
class Once:
    """Parts of a page that are the same on many: `{% call once(root) %}…{% endcall %}` is made once for each root.

    What the part depends on must stand between the brackets, and no block within the part.
    """

    made: dict[tuple[Any, ...], Markup] = field(default_factory=dict)

    def __call__(self, *depends: Any, caller: Macro) -> Markup:
        """The part, made when it is first asked for."""
        key = (caller._func.__code__, *depends)  # noqa: SLF001  tells parts apart, those of the user's templates too
        if key not in self.made:
            self.made[key] = Markup(caller())  # noqa: S704  a template's own markup
        return self.made[key]
