"""The two drawings of the teacher's pack: the three orders of fusion, and two sessions that late fusion cannot part."""

from collections.abc import Callable

from mmsr_lite.views.theme import COLOURS, EARLY, INK, LATE, LINE, PAPER, SOFT

PICTURE, TEXT = COLOURS["modality 1"].light, COLOURS["modality 2"].light
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


def box(x: float, y: float, width: float, text: str, fill: str, ink: str = INK) -> str:
    """A rounded box with a word in it; x and y are its middle."""
    shape = f'<rect x="{x - width / 2}" y="{y - 17}" width="{width}" height="34" rx="7" fill="{fill}" stroke="{LINE}"/>'
    return shape + words(x, y + 5, text, 15, ink)


def arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """An arrow."""
    return (
        f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{SOFT}" stroke-width="1.8" marker-end="url(#TIP)"/>'
    )


def model() -> str:
    """Early, late and adaptive fusion, read from the top down: three drawings, side by side where they can."""
    top = [box(85, 70, 110, "pictures", PICTURE), box(215, 70, 110, "texts", TEXT)]
    end = [arrow(150, 230, 150, 262), box(150, 282, 110, "next item", PAPER)]
    early = [
        *(arrow(85, 88, 130, 122), arrow(215, 88, 170, 122), box(150, 142, 190, "mix each item", PAPER)),
        *(arrow(150, 160, 150, 192), box(150, 212, 190, "read the sequence", PAPER)),
    ]
    apart = [arrow(85, 88, 85, 122), arrow(215, 88, 215, 122), arrow(85, 160, 130, 192), arrow(215, 160, 170, 192)]
    read = [box(85, 142, 118, "read it", PAPER), box(215, 142, 118, "read it", PAPER)]
    late = [*apart, *read, box(150, 212, 190, "mix what was read", PAPER)]
    adaptive = [
        *(arrow(85, 88, 85, 122), arrow(215, 88, 215, 122), arrow(110, 88, 190, 122), arrow(190, 88, 110, 122)),
        *(arrow(85, 160, 130, 192), arrow(215, 160, 170, 192)),
        *(box(85, 142, 118, "early path", EARLY, PAPER), box(215, 142, 118, "late path", LATE, PAPER)),
        box(150, 212, 190, "a gate weighs them", PAPER),
    ]
    drawn = [
        svg(300, 305, f"{name} fusion", [words(150, 28, name, 22, colour, 700), *top, *inside, *end])
        for name, colour, inside in (("early", EARLY, early), ("late", LATE, late), ("adaptive", INK, adaptive))
    ]
    return f'<div class="row">{"".join(drawn)}</div>'


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
