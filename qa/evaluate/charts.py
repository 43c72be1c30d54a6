"""Charts as inline SVG: no script, no font, colours from the page's style sheet.

Every chart has a title that says in words what it shows; sizes are in CSS pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qa.evaluate.measures import CurvePoint, Figure
from qa.evaluate.verdicts import Bin


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


def differences(rows: Sequence[tuple[str, float, float, float, bool]], *, title: str) -> str:
    """Draw differences with their intervals about an upright line at no difference.

    A row is a name, the difference, the ends of its interval, all in hundredths, and whether the set can
    show it. The scale is as wide as the widest interval.
    """
    width, left, right, step, foot, head = 560, 110, 70, 26, 30, 8
    height = head + step * len(rows) + foot
    widest = max(0.1, *(abs(end) for row in rows for end in row[1:4]))
    middle, half = left + (width - left - right) / 2, (width - left - right) / 2 - 6

    def at(value: float) -> float:
        return middle + half * value / widest

    parts = [_open(width, height, title)]
    bottom = height - foot
    parts += [_upright("grid", at(share * widest), head, bottom) for share in (-1, -0.5, 0.5, 1)]
    parts.append(_upright("axis", middle, head, bottom))
    for n, (name, value, low, high, shown) in enumerate(rows):
        y = head + step * (n + 0.5)
        kind = " shown" if shown else ""
        parts.append(
            f'<text class="tick end" x="{left - 10}" y="{y + 4:.1f}">{escape(name)}</text>'
        )
        parts.append(
            f'<line class="range{kind}" x1="{at(low):.1f}" y1="{y:.1f}" x2="{at(high):.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<circle class="dot{kind}" cx="{at(value):.1f}" cy="{y:.1f}" r="4.5"/>')
        parts.append(
            f'<text class="value" x="{width - right + 12}" y="{y + 4:.1f}">{value:+.1f}</text>'
        )
    for share in (-1, 0, 1):
        label = f"{share * widest:+.1f}" if share else "0"
        parts.append(
            f'<text class="tick middle" x="{at(share * widest):.1f}" y="{height - 12}">{label}</text>'
        )
    return "".join([*parts, "</svg>"])


def changes(values: Sequence[float], *, title: str) -> str:
    """Draw what each question lost or won, from the greatest loss to the greatest gain; -1 to 1."""
    width, height, left, head, foot = 560, 150, 40, 8, 8
    across, half = width - left - 8, (height - head - foot) / 2
    middle = head + half
    step = across / max(1, len(values))
    parts = [_open(width, height, title)]
    for share, label in ((1, "+1"), (0, "0"), (-1, "−1")):
        y = middle - share * half
        parts.append(_line("grid" if share else "axis", left, width - 8, y))
        parts.append(f'<text class="tick end" x="{left - 8}" y="{y + 4:.1f}">{label}</text>')
    for n, value in enumerate(sorted(values)):
        if value:
            tall = half * min(1.0, abs(value))
            top = middle - tall if value > 0 else middle
            parts.append(
                f'<rect class="{"gain" if value > 0 else "loss"}" x="{left + n * step:.2f}" '
                f'y="{top:.1f}" width="{max(step * 0.85, 0.4):.2f}" height="{tall:.1f}"/>'
            )
    return "".join([*parts, "</svg>"])


def reliability(bins: Sequence[Bin], *, title: str) -> str:
    """Draw the share of right first answers (upwards) against confidence, with intervals.

    The larger a dot, the more questions it stands for. On the line confidence says what comes true.
    """
    width, height, left, foot, head, right = 380, 380, 50, 44, 12, 18
    across, up = width - left - right, height - foot - head
    most = max((one.n for one in bins), default=1)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * across, head + up * (1 - y)

    parts = [_open(width, height, title).replace('class="chart"', 'class="chart square"')]
    for n in range(6):
        x, y = at(n / 5, n / 5)
        parts.append(_line("grid", left, width - right, y))
        parts.append(f'<text class="tick end" x="{left - 8}" y="{y + 4:.1f}">{n / 5:.0%}</text>')
        parts.append(
            f'<text class="tick middle" x="{x:.1f}" y="{height - foot + 18}">{n / 5:.1f}</text>'
        )
    (x1, y1), (x2, y2) = at(0, 0), at(1, 1)
    parts.append(f'<line class="ideal" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
    for one in bins:
        x, y = at(one.confidence, one.right)
        _, low = at(0, one.low)
        _, high = at(0, one.high)
        size = 3 + 6 * (one.n / most) ** 0.5
        said = f"{one.n} questions of confidence {one.confidence:.2f}: {one.right:.0%} right"
        parts.append(_upright("spread", x, high, low))
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"><title>{said}</title></circle>'
        )
    parts.append(
        f'<text class="tick middle" x="{left + across / 2:.1f}" y="{height - 4}">'
        "confidence; upwards: share that is right</text></svg>"
    )
    return "".join(parts)


def _upright(kind: str, x: float, y1: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" y1="{y1:.1f}" x2="{x:.1f}" y2="{y2:.1f}"/>'
