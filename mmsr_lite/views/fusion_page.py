"""One HTML file about a result of `fusion_for`: the verdict, the picture, and every number behind it."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mmsr_lite.data.lock import atomic_alone
from mmsr_lite.records import FusionRecord, as_record
from mmsr_lite.records.ranking_names import RULE, in_words, key_of
from mmsr_lite.views import show
from mmsr_lite.views.figures.to_svg import to_svg
from mmsr_lite.views.page import page
from mmsr_lite.views.untrusted import safe

Cell = tuple[str, str]  # what a cell of a table says, and what it says below in small letters


def save_fusion_page(path: str | os.PathLike[str], record: Mapping[str, Any]) -> None:
    """Write the page of a fusion record; it opens without a network.

    Args:
        path: The file to write.
        record: A fusion record, from `mmsr_lite.fusion_for`.

    Raises:
        MMSRError: `record` is no fusion record.

    Example:
        >>> import tempfile, pathlib
        >>> from mmsr_lite.views.samples import sample
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_fusion_page(pathlib.Path(folder, "page.html"), sample("fusion"))
        ...     "Early fusion is ahead by 9.0" in pathlib.Path(folder, "page.html").read_text(encoding="utf-8")
        True
    """
    one: FusionRecord = as_record(record, "fusion")  # type: ignore[assignment]
    beside = "".join(f"<li>{safe(sentence, 400)}</li>" for sentence in [*one.further, *one.failed])
    header = (
        f'<header class="verdict" data-verdict="{safe(one.verdict)}">'
        f"<p>Early or late fusion for {safe(one.dataset)}?</p><h1>{safe(one.sentence, 300)}</h1>"
        f"<p>{safe(_about(one), 400)}</p><ul>{beside}</ul></header>"
    )
    text = page(
        f"Early or late for {one.dataset}?",
        header=header,
        footer=f'<div class="measured">{_systems(one)}{_comparisons(one)}{_how(one)}</div>',
        looks=("fusion.css",),
    )
    with atomic_alone(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace")  # half a surrogate pair cannot be encoded


def _about(record: FusionRecord) -> str:
    """What was read, as HTML."""
    users = f"{record.num_users:,} users"
    if record.sampled is not None:
        users = f"{record.sampled['users']:,} of {record.sampled['of']:,} users, drawn at random"
    return (
        f"{record.base} on {record.dataset}: {users}; {record.num_items:,} items; {', '.join(record.modalities)}; "
        f"{record.targets:,} test targets · mmsr_lite"
    )


def _how(record: FusionRecord) -> str:
    """How the numbers were measured, as HTML."""
    orders = "" if record.orders == 1 else f", in each of {record.orders} random orders at ties"
    words = (
        f"Every system had {record.trials} trials from the same values, judged on validation; one with shuffled codes "
        f"has the settings of the one with true codes. Then {record.seeds} seeds each{orders}. The ranking that "
        f"decides: {RULE}. An interval holds for other users and other seeds; systems are apart where p stays below "
        f"0.05 after Holm's correction for all {len(record.comparisons)} comparisons. The runs took "
        f"{record.seconds / 60:.1f} minutes together."
    )
    title = "How it was measured"
    return f'<section class="how" aria-label="{title}"><h2>{title}</h2><p>{safe(words, 1500)}</p></section>'


def _card(title: str, caption: str, picture: str, table: str) -> str:
    """A part of the page as HTML: what it is, its picture, and the same as a table."""
    words = f'<h2>{safe(title)}</h2><p class="caption">{safe(caption, 160)}</p>'
    return f'<section class="card chart" aria-label="{safe(title)}">{words}{picture}{table}</section>'


def _picture(record: FusionRecord, number: int) -> str:
    """One panel of the figure, as HTML."""
    data = show.fusion(record).data
    marks = tuple(replace(mark, panel=0) for mark in data.marks if mark.panel == number)
    return to_svg(replace(data, marks=marks, panels=data.panels[number : number + 1]))


def _table(head: list[Cell], rows: list[list[Cell]]) -> str:
    """An HTML table whose first column is a heading; a cell is two texts, the second one below the first."""
    heading = "".join(_cell(texts, "th", "col") for texts in head)
    body = "".join(f"<tr>{_cell(row[0], 'th', 'row')}{''.join(_cell(texts) for texts in row[1:])}</tr>" for row in rows)
    return f'<table class="pairs"><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>'


def _cell(texts: Cell, tag: str = "td", scope: str = "") -> str:
    """A cell of a table as HTML; a heading has a scope."""
    first, second = (safe(text, 90) for text in texts)
    return f"<{tag}{scope and f' scope={scope}'}>{first} <small>{second}</small></{tag}>"


def _systems(record: FusionRecord) -> str:
    """The systems: their seeds, and what their trials chose."""
    if not record.systems:
        return ""
    rows = []
    for one in record.systems:
        chosen = ", ".join(f"{name} {value:g}" for name, value in one["settings"].items())
        trials = f"{one['model']}, {one['trials']} trial{'s' * (one['trials'] != 1)}{chosen and f': {chosen}'}"
        seeds = f"{one['low']:.2f} to {one['high']:.2f}" if one["high"] > one["low"] else "–"
        rows.append([(one["name"], trials), (f"{one['mean']:.2f}", seeds)])
    words = in_words(key_of(record.metric, record.ranking))
    caption = f"{words}, percent: the mean, and from the least to the greatest of {record.seeds} seeds"
    head = [("system", "model, and what its trials chose"), ("mean", "seeds")]
    return _card("Every system", caption, _picture(record, 0), _table(head, rows))


def _comparisons(record: FusionRecord) -> str:
    """The comparisons with intervals and p-values."""
    if not record.comparisons:
        return ""
    rows = [
        [
            (f"{one['one']} − {one['other']}", one["asks"]),
            (f"{one['difference']:+.2f}", f"{one['low']:+.2f} to {one['high']:+.2f}"),
            (f"{one['holm']:.3f}" if one["holm"] >= 0.0005 else "< 0.001", "apart" if one["apart"] else "not apart"),
        ]
        for one in record.comparisons
    ]
    caption = "One system minus another, in points, with the 95 % interval"
    head = [("difference", "about"), ("points", "interval"), ("p", "after Holm")]
    return _card("Every comparison", caption, _picture(record, 1), _table(head, rows))
