"""The data card as one HTML page that opens without a network; all text from the data is escaped."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmsr_lite.views.theme import FONT, GROUND, INK, LINE, PAPER, SOFT, TYPES
from mmsr_lite.views.untrusted import safe

SCHEMA = "mmsr-lite/data-card/1"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
ACCENT = TYPES[0][0]
STYLE = f"""
:root {{ --ink: {INK}; --soft: {SOFT}; --line: {LINE}; --paper: {PAPER}; --ground: {GROUND}; --accent: {ACCENT}; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e8ecf2; --soft: #a3afbf; --line: #36404d; --paper: #1b222c; --ground: #12171e; --accent: #56b4e9; }}
}}
* {{ box-sizing: border-box; }}
body {{ margin: 0; padding: 2em clamp(1em, 4vw, 3em) 3em; background: var(--ground); color: var(--ink);
  font: 16px/1.5 {FONT}; }}
main {{ max-width: 68em; margin: 0 auto; display: grid; gap: 1.2em; }}
h1 {{ margin: 0; font-size: 2em; letter-spacing: -.02em; overflow-wrap: anywhere; }}
h2 {{ margin: 0 0 .6em; font-size: 1.15em; overflow-wrap: anywhere; }}
header p {{ margin: .2em 0 0; color: var(--soft); }}
section {{ background: var(--paper); border: 1px solid var(--line); border-radius: 1em; padding: 1.2em 1.4em;
  min-width: 0; }}
.numbers {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(7.4em, 1fr)); gap: .8em; margin: 0; }}
.numbers div {{ background: var(--paper); border: 1px solid var(--line); border-radius: 1em; padding: .7em .9em; }}
.numbers dt {{ color: var(--soft); font-size: .88em; }}
.numbers dd {{ margin: 0; font-size: 1.3em; font-variant-numeric: tabular-nums; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: .95em; }}
th {{ text-align: left; color: var(--soft); font-weight: 500; }}
th, td {{ padding: .35em .8em .35em 0; border-bottom: 1px solid var(--line); vertical-align: top; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.bar {{ display: block; height: .55em; margin-top: .5em; min-width: 6em; background: var(--line);
  border-radius: .3em; }}
.bar i {{ display: block; height: 100%; background: var(--accent); border-radius: .3em; }}
.examples {{ color: var(--soft); }}
pre {{ margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .88em; }}
svg {{ width: 100%; height: auto; max-width: 44em; display: block; }}
svg text {{ fill: var(--soft); font: 12px {FONT}; }}
details summary {{ cursor: pointer; color: var(--soft); margin-top: .6em; }}
@media print {{ body {{ padding: 0; background: none; }} section {{ break-inside: avoid; }} }}
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>{title}: data card</title>
<style>{style}</style></head><body><main>
<header><h1>{title}</h1><p>{told}</p></header>
{body}
</main></body></html>
"""
LEFT, TOP, WIDE, HIGH = 46, 12, 560, 220  # of the curve, in its own units
CODES_OPEN = 8


def data_card_page(record: Mapping[str, Any], told: Sequence[str] = ()) -> str:
    """Write a data card as a whole HTML page.

    Args:
        record: the data card, from `mmsr_lite.data.card.card_record`.
        told: sentences about the histories, shown under the title.

    Returns:
        HTML without any script.

    Example:
        >>> counts = {"users": 1, "items": 1, "interactions": 1, "average length": 1.0, "sparsity": 0.0}
        >>> record = {"name": "<d>", "counts": counts, "ties": [0, 0], "own history": None, "modalities": [],
        ...     "without any": 100.0, "curve": [[100.0, 100.0]], "popular": [[0.5, 100.0]],
        ...     "titles twice": {"count": 0, "examples": []}, "reading": []}
        >>> "<h1>&lt;d&gt;</h1>" in data_card_page(record)
        True
    """
    body = [_numbers(record), _modalities(record)]
    body += [_codes(one) for one in record["modalities"] if one["codes"]]
    body += [_popularity(record), _titles(record), _reading(record)]
    sentences = " ".join(safe(sentence, 300) for sentence in told)
    return PAGE.format(
        policy=POLICY, title=safe(record["name"], 90), style=STYLE, told=sentences, body="\n".join(filter(None, body))
    )


def _numbers(record: Mapping[str, Any]) -> str:
    counts, (same, neighbours) = record["counts"], record["ties"]
    shown = {
        "users": f"{counts['users']:,}",
        "items": f"{counts['items']:,}",
        "interactions": f"{counts['interactions']:,}",
        "average length": f"{counts['average length']:.2f}",
        "sparsity": f"{counts['sparsity']:.2f} %",
    }
    if neighbours:
        shown["neighbours at one time"] = f"{100 * same / neighbours:.2f} %"
    if record["own history"] is not None:
        shown["targets had before"] = f"{record['own history']:.2f} %"
    cells = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in shown.items())
    return f'<dl class="numbers">{cells}</dl>'


def _modalities(record: Mapping[str, Any]) -> str:
    if not record["modalities"]:
        return "<section><h2>Modalities</h2>This data set has none: items are known by their ids alone.</section>"
    rows = []
    for one in record["modalities"]:
        use = ["", ""]
        if one["use"]:
            used, there, even = one["use"]
            use = [f"{used} of {there}", f"{even:.3f}"]
        there = 100 - one["missing"]
        cells = [f"{one['missing']:.2f} %", str(one["numbers"]), *use]
        numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
        rows.append(f"<tr><td>{safe(one['name'])}</td><td>{_bar(there)}</td>{numbers}</tr>")
    names = ("missing", "numbers", "codes used", "even use would be 1")
    heading = "".join(f'<th class="number">{name}</th>' for name in names)
    table = f"<table><tr><th>modality</th><th>present</th>{heading}</tr>{''.join(rows)}</table>"
    none = f"<p>Items without any modality: {record['without any']:.2f} %.</p>"
    return f'<section><h2>Modalities</h2><div class="scroll">{table}</div>{none}</section>'


def _codes(one: Mapping[str, Any]) -> str:
    most = max(code["items"] for code in one["codes"])
    rows = [
        f'<tr><td class="number">{code["code"]}</td><td>{safe(code["name"], 120)}</td>'
        f'<td class="number">{code["items"]:,}</td><td>{_bar(100 * code["items"] / most)}</td>'
        f'<td class="examples">{"<br>".join(safe(title) for title in code["examples"])}</td></tr>'
        for code in one["codes"]
    ]
    heading = (
        '<tr><th class="number">code</th><th>name</th><th class="number">items</th><th></th><th>for example</th></tr>'
    )
    table = f"<table>{heading}{''.join(rows[:CODES_OPEN])}</table>"
    if len(rows) > CODES_OPEN:
        rest = f"<table>{heading}{''.join(rows[CODES_OPEN:])}</table>"
        table += f"<details><summary>{len(rows) - CODES_OPEN} more codes</summary>{rest}</details>"
    return f'<section><h2>Codes of {safe(one["name"])}</h2><div class="scroll">{table}</div></section>'


def _popularity(record: Mapping[str, Any]) -> str:
    points = [(0.0, 0.0), *((float(x), float(y)) for x, y in record["curve"])]
    path = " ".join(f"{LEFT + WIDE * x / 100:.1f},{TOP + HIGH * (1 - y / 100):.1f}" for x, y in points)
    ticks = []
    for percent in (0, 25, 50, 75, 100):
        x, y = LEFT + WIDE * percent / 100, TOP + HIGH * (1 - percent / 100)
        ticks.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
        ticks.append(f'<text x="{x:.1f}" y="{TOP + HIGH + 18}" text-anchor="middle">{percent} %</text>')
        ticks.append(f'<path d="M{LEFT} {y:.1f}h{WIDE}" stroke="var(--line)"/>')
    shares = "; ".join(f"{100 * share:g} % hold {held:.1f} %" for share, held in record["popular"])
    drawing = (
        f'<svg viewBox="0 0 {LEFT + WIDE + 30} {TOP + HIGH + 48}" role="img" aria-label="Popularity curve: of the most '
        f'popular items, {shares}">{"".join(ticks)}'
        f'<path d="M{LEFT} {TOP + HIGH}L{LEFT + WIDE} {TOP}" stroke="var(--soft)" stroke-dasharray="3 5" fill="none"/>'
        f'<polyline points="{path}" fill="none" stroke="var(--accent)" stroke-width="2.5"/>'
        f'<text x="{LEFT + WIDE / 2}" y="{TOP + HIGH + 40}" text-anchor="middle">items, the most popular first</text>'
        "</svg>"
    )
    legend = f"<p>Share of the interactions that the most popular items hold: {shares}. Dashed: all items alike.</p>"
    return f"<section><h2>Popularity</h2>{drawing}{legend}</section>"


def _titles(record: Mapping[str, Any]) -> str:
    twice = record["titles twice"]
    such = ", such as " + ", ".join(f"{safe(title)} ({n})" for title, n in twice["examples"]) if twice["count"] else ""
    return f"<section><h2>Titles</h2>Titles of more than one item: {twice['count']:,}{such}.</section>"


def _reading(record: Mapping[str, Any]) -> str:
    lines = "\n".join(_line(line) for line in record["reading"])
    return f"<section><h2>How it was read</h2><pre>{lines}</pre></section>"


def _line(line: str) -> str:
    """One line of the account as HTML; blanks at its start and between columns are kept."""
    name, text = line[:10], line[10:]
    if line.startswith("  "):
        return "  " + safe(line, 400)
    if name.rstrip() in ("read", "skipped", "repeated", "tied", "absent"):
        return name + safe(text, 400)
    return safe(line, 400)


def _bar(percent: float) -> str:
    width = min(max(percent, 0), 100)
    return f'<span class="bar" role="img" aria-label="{width:.0f} %"><i style="width:{width:.1f}%"></i></span>'
