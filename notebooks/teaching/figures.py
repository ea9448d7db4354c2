"""The two drawings of the teacher's pack: the three orders of fusion, and two sessions that late fusion cannot part."""

from collections.abc import Callable

from mmsr_lite.views.figures.mental_model import ORDERS, svg_of
from mmsr_lite.views.theme import INK, LINE, PAPER, SOFT

RED, BLUE = "#b03a2e", "#2f6db3"  # looks of garments, and nothing else
Session = tuple[tuple[str, str], ...]  # (look, text) of each garment
FIRST: Session = (("red", "formal"), ("blue", "sport"), ("red", "sport"))
SECOND: Session = (("red", "sport"), ("blue", "formal"), ("red", "sport"))
LOOKS = {"red": RED, "blue": BLUE}


def svg(width: int, height: int, title: str, parts: list[str]) -> str:
    """A drawing that scales with its place; its arrowhead has a name of its own, as a page may hide another drawing."""
    name = title.replace(" ", "-").replace(",", "")
    head = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">'
    tip = (
        f'<defs><marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{SOFT}"/></marker></defs>'
    )
    return head + tip + "".join(parts).replace("TIP", name) + "</svg>"


def words(x: float, y: float, text: str, size: int = 15, colour: str = INK, weight: int = 400) -> str:
    """A line of text, centred."""
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{text}</text>'
    )


def arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """An arrow."""
    return (
        f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{SOFT}" stroke-width="1.8" marker-end="url(#TIP)"/>'
    )


def model() -> str:
    """Early, late and adaptive fusion, read from the top down: three drawings, side by side where they can."""
    return f'<div class="row">{"".join(map(svg_of, ORDERS))}</div>'


def pair() -> str:
    """Two sessions of the early world with the same looks and the same texts, and what each channel alone shows."""
    parts = []
    for row, (name, session) in enumerate((("first user", FIRST), ("second user", SECOND))):
        y = 82 + 124 * row
        parts += [words(186, y - 46, f"{name} looks at", 18, SOFT), words(506, y - 46, "and buys", 18, SOFT)]
        for place, (look, text) in enumerate(session):
            x, formal = 66 + 120 * place, text == "formal"
            edge = f'stroke="{INK}" stroke-width="5"' if formal else f'stroke="{LINE}"'
            parts += [f'<rect x="{x - 54}" y="{y - 34}" width="108" height="68" rx="9" fill="{LOOKS[look]}" {edge}/>']
            parts += [words(x, y - 5, look, 20, PAPER), words(x, y + 21, text, 20, PAPER, 700 if formal else 400)]
        bought = next(look for look, text in session if text == "formal")
        parts += [arrow(372, y, 432, y)]
        parts += [f'<rect x="440" y="{y - 32}" width="132" height="64" rx="9" fill="{LOOKS[bought]}"/>']
        parts += [words(506, y + 6, f"a {bought} basic", 17, PAPER, 700)]
    parts += [words(290, 278, "looks alone: red, blue, red, for both", 19, SOFT)]
    parts += [words(290, 304, "texts alone: one formal and two sport, for both", 19, SOFT)]
    return svg(580, 316, "two sessions with the same looks and the same texts", parts)


FIGURES: dict[str, Callable[[], str]] = {"model": model, "pair": pair}
