"""One HTML file about a result of `fusion_for`: the verdict, the picture, and every number behind it."""

import os
from collections.abc import Mapping
from typing import Any

from mmsr_lite.data.lock import atomic_alone
from mmsr_lite.records import FusionRecord, as_record
from mmsr_lite.records.ranking_names import RULE, in_words, key_of
from mmsr_lite.views import show
from mmsr_lite.views.figures.to_svg import to_svg
from mmsr_lite.views.page import page
from mmsr_lite.views.untrusted import safe


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
    further = "".join(f"<li>{safe(sentence, 400)}</li>" for sentence in [*one.further, *one.failed])
    header = (
        f"<header><div><h1>{safe(one.sentence, 300)}</h1><p>{safe(_about(one), 400)}</p></div>"
        f"<ul>{further}</ul>{_systems(one)}{_comparisons(one)}<p>{safe(_how(one), 1500)}</p></header>"
    )
    text = page(f"Early or late for {one.dataset}?", header=header, footer=_picture(one))
    with atomic_alone(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace")  # half a surrogate pair cannot be encoded


def _picture(record: FusionRecord) -> str:
    """The figure with its words, as HTML."""
    data = show.fusion(record).data
    words = f'<h2>{safe(data.title, 200)}</h2><p class="caption">{safe(data.caption, 160)}</p>'
    return (
        f'<section class="card chart" data-chart="fusion" aria-label="fusion">{words}{to_svg(data)}'
        f'<p class="summary">{safe(data.words, 3000)}</p></section>'
    )


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
    return (
        f"Every system had {record.trials} trials from the same values, judged on validation; one with shuffled codes "
        f"has the settings of the one with true codes. Then {record.seeds} seeds each{orders}. The ranking that "
        f"decides: {RULE}. An interval holds for other users and other seeds; systems are apart where p stays below "
        f"0.05 after Holm's correction for all {len(record.comparisons)} comparisons. The runs took "
        f"{record.seconds / 60:.1f} minutes together."
    )


def _table(caption: str, head: list[str], rows: list[list[str]]) -> str:
    """An HTML table of texts whose first column is a heading."""
    heading = "".join(f'<th scope="col">{safe(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{safe(row[0], 90)}</th>{"".join(f"<td>{safe(cell, 90)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    table = f"<caption>{safe(caption, 120)}</caption><thead><tr>{heading}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table class="metrics">{table}</table></div>'


def _systems(record: FusionRecord) -> str:
    """The table of systems: their seeds, and what their trials chose."""
    words = in_words(key_of(record.metric, record.ranking))
    rows = []
    for one in record.systems:
        chosen = ", ".join(f"{name} {value:g}" for name, value in one["settings"].items()) or "–"
        seeds = f"{one['low']:.2f} to {one['high']:.2f}" if one["high"] > one["low"] else "–"
        rows.append([one["name"], one["model"], f"{one['mean']:.2f}", seeds, str(one["trials"]), chosen])
    return _table(f"{words}, percent", ["system", "model", "mean", "seeds", "trials", "settings"], rows)


def _comparisons(record: FusionRecord) -> str:
    """The table of comparisons with intervals and p-values."""
    rows = [
        [
            one["one"],
            one["other"],
            one["asks"],
            f"{one['difference']:+.2f}",
            f"{one['low']:+.2f} to {one['high']:+.2f}",
            f"{one['holm']:.2g}",
            "apart" if one["apart"] else "not apart",
        ]
        for one in record.comparisons
    ]
    head = ["system", "minus", "about", "points", "95 % interval", "p after Holm", "apart?"]
    return _table("Differences, points", head, rows)
