"""A plain line plot as SVG, across on a logarithmic scale. Knows nothing of what is plotted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 60, 120, 20, 40
COLOURS = ("#1b6ca8", "#b5451b", "#3c7a3c", "#6b4c9a")


def svg(curves: Mapping[str, Sequence[tuple[float, float]]], *, across: str, up: str) -> str:
    """The curves by name, as points (across, up), both above 0; `across` and `up` name the axes."""
    points = [point for curve in curves.values() for point in curve]
    low, high = (math.log10(pick(x for x, _ in points)) for pick in (min, max))
    top = max(y for _, y in points) * 1.1

    def place(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(x) - low) / ((high - low) or 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    ]
    parts.append(f'<text x="{LEFT}" y="14">{escape(up)}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{escape(across)}</text>')
    for x in sorted({x for x, _ in points}):
        at, base = place(x, 0)
        parts.append(f'<text x="{at:.0f}" y="{base + 16:.0f}" text-anchor="middle">{x:,.0f}</text>')
    for step in range(5):
        _, at = place(10**low, top * step / 4)
        parts.append(f'<path d="M{LEFT} {at:.0f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.0f}" text-anchor="end">{top * step / 4:.2f}</text>')
    for colour, (name, curve) in zip(COLOURS, curves.items(), strict=False):
        placed = [place(*point) for point in curve]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        x, y = placed[-1]
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{x + 8:.0f}" y="{y + 4:.0f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])
