"""The picture of early, late and adaptive fusion that README, site, notebooks and slides share.

Each order is a drawing of boxes and arrows, read from the top down. It is drawn as SVG for pages, and with matplotlib
for notebooks. Its colours are the theme's: early is violet and late is orange, as in every other picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmsr_lite.views.theme import COLOURS, EARLY, FONT, INK, LATE, LINE, PAPER, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Early fusion mixes before the sequence is read, late fusion after, and a gate can weigh both"
WORDS = (
    "Early: each item's picture and text are mixed, then one sequence is read. Late: pictures and texts are read as "
    "two sequences, then what was read is mixed. Adaptive: both are done, and a gate weighs them. How to read it: from "
    "the top down."
)
WIDE, HIGH, GAP, HEAD = 300, 305, 30, 46  # pixels: of one order, between two, and of the title above all
PICTURE, TEXT = COLOURS["modality 1"].light, COLOURS["modality 2"].light
TALL = 34  # pixels of a box


@dataclass(frozen=True)
class Box:
    """A rounded box with a word in it; x and y are its middle, in pixels.

    Example:
        >>> Box(x=40, y=20, width=60, text="picture").text
        'picture'
    """

    x: float
    y: float
    width: float
    text: str
    fill: str = PAPER
    ink: str = INK


@dataclass(frozen=True)
class Arrow:
    """An arrow from one place to another, in pixels.

    Example:
        >>> arrow = Arrow(x=0, y=20, to_x=30, to_y=20)
        >>> arrow.to_x - arrow.x  # its length in pixels
        30
    """

    x: float
    y: float
    to_x: float
    to_y: float


@dataclass(frozen=True)
class Order:
    """The drawing of one order of fusion, with the colour of its name.

    Example:
        >>> parts = Box(40, 20, 60, "fuse"), Arrow(70, 20, 90, 20), Box(120, 20, 60, "read")
        >>> early = Order("early fusion", "#0072B2", parts)
        >>> [part.text for part in early.parts if isinstance(part, Box)]
        ['fuse', 'read']
    """

    name: str
    colour: str
    parts: tuple[Box | Arrow, ...]


INPUTS = (Box(85, 70, 110, "pictures", PICTURE), Box(215, 70, 110, "texts", TEXT))
ANSWER = (Arrow(150, 230, 150, 262), Box(150, 282, 110, "next item"))
APART = (Arrow(85, 88, 85, 122), Arrow(215, 88, 215, 122), Arrow(85, 160, 130, 192), Arrow(215, 160, 170, 192))
ORDERS: tuple[Order, ...] = (
    Order(
        "early fusion",
        EARLY,
        (
            *INPUTS,
            Arrow(85, 88, 130, 122),
            Arrow(215, 88, 170, 122),
            Box(150, 142, 190, "mix each item"),
            Arrow(150, 160, 150, 192),
            Box(150, 212, 190, "read the sequence"),
            *ANSWER,
        ),
    ),
    Order(
        "late fusion",
        LATE,
        (
            *INPUTS,
            *APART,
            Box(85, 142, 118, "read it"),
            Box(215, 142, 118, "read it"),
            Box(150, 212, 190, "mix what was read"),
            *ANSWER,
        ),
    ),
    Order(
        "adaptive fusion",
        INK,
        (
            *INPUTS,
            *APART,
            Arrow(110, 88, 190, 122),
            Arrow(190, 88, 110, 122),
            Box(85, 142, 118, "early path", EARLY, PAPER),
            Box(215, 142, 118, "late path", LATE, PAPER),
            Box(150, 212, 190, "a gate weighs them"),
            *ANSWER,
        ),
    ),
)


def svg_of(order: Order) -> str:
    """Draw one order as an SVG that takes the width it is given.

    Args:
        order: One of `ORDERS`.

    Returns:
        The SVG element.

    Example:
        >>> svg_of(ORDERS[0])[:28], svg_of(ORDERS[0]).count("<rect")
        ('<svg viewBox="0 0 300 305" r', 5)
    """
    return _svg(WIDE, HIGH, order.name, _drawn(order, order.name.replace(" ", "-")))


def whole_svg(orders: Sequence[Order] = ORDERS) -> str:
    """Draw orders side by side below a title, on a background of their own, for README and site.

    Args:
        orders: Which of `ORDERS`; all three by default.

    Returns:
        The SVG, 960 pixels wide with three orders.

    Example:
        >>> whole_svg().count("<rect") == 1 + 5 + 6 + 6
        True
    """
    wide, high = len(orders) * (WIDE + GAP) - GAP, HIGH + HEAD
    parts = [f'<rect width="{wide}" height="{high}" fill="{PAPER}"/>']
    if len(orders) == len(ORDERS):
        parts.append(_words(wide / 2, 26, TITLE, 16, INK, 650))
    for place, order in enumerate(orders):
        inside = _drawn(order, order.name.replace(" ", "-"))
        parts.append(f'<g transform="translate({place * (WIDE + GAP)} {HEAD})">{inside}</g>')
    return _svg(wide, high, WORDS, "".join(parts))


def still(orders: Sequence[Order] = ORDERS) -> Figure:
    """Draw orders side by side with matplotlib, for notebooks.

    Args:
        orders: Which of `ORDERS`; all three by default.

    Returns:
        The figure, 8.6 inches wide with three orders.

    Example:
        >>> len(still().axes)
        3
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6 * len(orders) / len(ORDERS), 3.5), facecolor=PAPER)
    if len(orders) == len(ORDERS):
        figure.text(0.01, 0.95, TITLE, fontsize=11.5, fontweight="bold", color=INK)
    axes_of = figure.subplots(1, len(orders), squeeze=False)[0]
    for axes, order in zip(axes_of, orders, strict=True):
        axes.set(xlim=(0, WIDE), ylim=(HIGH, 0), aspect="equal")
        axes.axis("off")
        axes.text(WIDE / 2, 26, order.name, color=order.colour, fontsize=12, fontweight="bold", ha="center")
        for part in order.parts:
            _draw(axes, part)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.92, wspace=0.05)
    return figure


def _draw(axes: Axes, part: Box | Arrow) -> None:
    """Draw a box or an arrow of the still."""
    from matplotlib.patches import FancyBboxPatch

    if isinstance(part, Arrow):
        look = {"arrowstyle": "-|>", "color": SOFT, "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (part.to_x, part.to_y), (part.x, part.y), arrowprops=look)
        return
    corner = (part.x - part.width / 2, part.y - TALL / 2)
    style = "round,pad=0,rounding_size=7"
    axes.add_artist(FancyBboxPatch(corner, part.width, TALL, boxstyle=style, fc=part.fill, ec=LINE, lw=1))
    axes.text(part.x, part.y, part.text, color=part.ink, fontsize=9, ha="center", va="center")


def _svg(wide: int, high: int, says: str, inside: str) -> str:
    head = f'<svg viewBox="0 0 {wide} {high}" role="img" aria-label="{says}" xmlns="http://www.w3.org/2000/svg"'
    return f'{head} font-family="{FONT.replace(chr(34), chr(39))}">{inside}</svg>'


def _drawn(order: Order, tip: str) -> str:
    """The parts of an order as SVG; its arrowhead has a name of its own, since a page may hide another drawing."""
    marker = (
        f'<defs><marker id="{tip}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{SOFT}"/></marker></defs>'
    )
    parts = [marker, _words(WIDE / 2, 28, order.name, 22, order.colour, 700)]
    for part in order.parts:
        if isinstance(part, Arrow):
            ends = f'x1="{part.x}" y1="{part.y}" x2="{part.to_x}" y2="{part.to_y}"'
            parts.append(f'<line {ends} stroke="{SOFT}" stroke-width="1.8" marker-end="url(#{tip})"/>')
            continue
        corner = f'x="{part.x - part.width / 2}" y="{part.y - TALL / 2}" width="{part.width}" height="{TALL}"'
        parts.append(f'<rect {corner} rx="7" fill="{part.fill}" stroke="{LINE}"/>')
        parts.append(_words(part.x, part.y + 5, part.text, 15, part.ink, 400))
    return "".join(parts)


def _words(x: float, y: float, text: str, size: int, colour: str, weight: int) -> str:
    look = f'text-anchor="middle" font-size="{size}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x}" y="{y}" {look}>{text}</text>'
