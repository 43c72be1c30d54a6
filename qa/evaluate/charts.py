"""Charts as inline SVG: no script, no font, colours from the page's style sheet.

Every chart has a title that says in words what it shows; sizes are in CSS pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qa.evaluate.measures import CurvePoint, Figure


def interval(figure: Figure, *, width: int = 180) -> str:
    """Draw a value between 0 and 1 as a dot, with its interval as a bar; empty when undefined."""
    if figure.value is None or figure.low is None or figure.high is None:
        return ""
    values = (figure.value, figure.low, figure.high)
    x, low, high = (min(1.0, max(0.0, value)) * (width - 12) + 6 for value in values)
    said = f"{figure.value:.3f}, 95% interval {figure.low:.3f} to {figure.high:.3f}"
    return (
        f'<svg class="interval" width="{width}" height="18" viewBox="0 0 {width} 18" role="img">'
        f"<title>{said}</title>"
        f'<line class="track" x1="6" y1="9" x2="{width - 6}" y2="9"/>'
        f'<line class="range" x1="{low:.1f}" y1="9" x2="{high:.1f}" y2="9"/>'
        f'<circle class="dot" cx="{x:.1f}" cy="9" r="4.5"/></svg>'
    )


def bars(labels: Sequence[str], counts: Sequence[int], *, title: str) -> str:
    """Draw counts as columns, each with its number above; the last one stands for a miss."""
    width, height, left, foot, head = 560, 220, 8, 26, 22
    step = (width - 2 * left) / max(1, len(counts))
    scale = (height - foot - head) / max(1, *counts)
    parts = [_open(width, height, title)]
    for n, (label, count) in enumerate(zip(labels, counts, strict=True)):
        tall = count * scale
        x, top = left + n * step, height - foot - tall
        middle = x + step / 2
        kind = "column miss" if n == len(counts) - 1 else "column"
        if count:
            parts.append(
                f'<rect class="{kind}" x="{x + 4:.1f}" y="{top:.1f}" width="{step - 8:.1f}" '
                f'height="{tall:.1f}" rx="2"/>'
            )
        parts.append(f'<text class="count" x="{middle:.1f}" y="{top - 6:.1f}">{count:,}</text>')
        parts.append(
            f'<text class="tick middle" x="{middle:.1f}" y="{height - 8}">{escape(label)}</text>'
        )
    parts.append(_line("axis", left, width - left, height - foot))
    return "".join([*parts, "</svg>"])


def curve(points: Sequence[CurvePoint], answered: tuple[float, float] | None, *, title: str) -> str:
    """Draw risk (upwards) against coverage (to the right).

    ``answered`` is the coverage and the risk of the verdicts as they were given. The upright
    scale ends at the highest risk, rounded up to a tenth.
    """
    width, height, left, foot, head, right = 560, 260, 46, 40, 14, 26
    highest = max(0.1, -(-max(point.risk for point in points) * 10 // 1) / 10)
    across, up = width - left - right, height - foot - head

    def at(coverage: float, risk: float) -> tuple[float, float]:
        return left + coverage * across, head + up * (1 - risk / highest)

    parts = [_open(width, height, title)]
    for n in range(6):
        x, _ = at(n / 5, 0)
        _, y = at(0, highest * n / 5)
        parts.append(_line("grid", left, width - right, y))
        parts.append(
            f'<text class="tick end" x="{left - 8}" y="{y + 4:.1f}">{highest * n / 5:.0%}</text>'
        )
        parts.append(
            f'<text class="tick middle" x="{x:.1f}" y="{height - foot + 18}">{n / 5:.0%}</text>'
        )
    corners = [at(point.coverage, point.risk) for point in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    parts.append(f'<polyline class="curve" points="{path}"/>')
    if answered:
        x, y = at(*answered)
        side, to = ("end", x - 8) if answered[0] > 0.8 else ("start", x + 8)
        parts.append(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="5.5"/>')
        parts.append(f'<text class="note {side}" x="{to:.1f}" y="{y + 17:.1f}">as answered</text>')
    parts.append(
        f'<text class="tick middle" x="{left + across / 2:.1f}" y="{height - 4}">'
        "coverage: share of the questions that are answered</text></svg>"
    )
    return "".join(parts)


def _open(width: int, height: int, title: str) -> str:
    box = f'<svg class="chart" viewBox="0 0 {width} {height}" role="img">'
    return f"{box}<title>{escape(title)}</title>"


def _line(kind: str, x1: float, x2: float, y: float) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y:.1f}" x2="{x2}" y2="{y:.1f}"/>'
