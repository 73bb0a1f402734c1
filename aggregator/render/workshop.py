"""How templates are compiled, and what is made once for many pages. With `templates`, the home of jinja2.

A year of editions has four hundred thousand pages, and what Jinja does between their values is half of the work: so
calls are plain calls, markup is printed as it is, and compiled templates are kept.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Macro
from markupsafe import Markup


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
    ours does, nor of Jinja's own globals. It copies what it prints twice to be sure that it is markup: most is.
    """

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
            self.write(")) is Markup else escape(_value))")


class Workshop(jinja2.Environment):
    """An environment whose templates find its names as they are.

    Jinja's chain of two mappings is copied name by name for each page, a twelfth of the time that the page takes.
    """

    code_generator_class = Plainly

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
