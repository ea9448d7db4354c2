"""The figure of `stability`: attention, flow and beta of one history with their bands over models of several seeds.

It reads a stability record, from `explain.stability`.
"""

from typing import Any

from mmsr_lite.errors import choose
from mmsr_lite.records import StabilityRecord
from mmsr_lite.records.stability import MEASURES
from mmsr_lite.views import theme, untrusted, wording
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel
from mmsr_lite.views.figures.kit import empty_figure, named_rows, row_height

MEAN, SEED = "mean of the models", "one model"
LOOKS = {MEAN: Look(theme.INK, "diamond"), SEED: Look(theme.SOFT, "circle", hollow=True)}
TITLES = {
    "beta": "beta of hohe",
    "attention": "share of attention",
    "flow": "signed part of the score",
    "order": "size of the flow",
}
TOGETHER = ("attention", "flow", "order")  # drawn side by side where no measure is asked for
MOST_PLACES = 12  # rows of a panel; the caption says how many are left out


def stability(record: StabilityRecord, measure: str | None = None) -> FigureData:
    """Draw what models of several seeds say of one history: a band from the least to the greatest for each number.

    Args:
        record: A stability record.
        measure: "beta", "attention", "flow" or "order": this one alone, with a mark for each model. None: attention,
            flow and orders side by side.

    Returns:
        A row for each place of the history (a type of node and a position), or for each group of paths.

    Raises:
        MMSRError: There is no such measure.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> stability(sample("stability")).title
        '3 of 3 models attend most to “Red shirt” (position 2)'
    """
    measures = TOGETHER if measure is None else (choose("measure", measure, MEASURES),)
    shown = _places(record)
    marks: list[Mark] = []
    panels: list[Panel] = []
    named_before = False
    for number, name in enumerate(measures):
        rows = [row for row in record["rows"] if row["measure"] == name]
        if name != "order":
            rows = [row for row in rows if (row["type"], row["position"]) in shown]
            rows.sort(key=lambda row: (shown.index((row["type"], row["position"])), row["layer"] or 0))
        if not rows:
            return empty_figure(f"{TITLES[name]} over seeds".capitalize(), "The models have no such number.")
        names = [_name(record, row) for row in rows]
        for place, (label, row) in enumerate(zip(names, rows, strict=True)):
            of = f"{TITLES[name]}: {label}"
            ends = {"low": row["low"], "high": row["high"]}
            marks.append(Mark(of, row["mean"], float(place), row["mean"], MEAN, number, **ends))
            if measure is not None:
                marks += _of_models(record, row, of, place)
        if named_before and name == "flow":  # the same rows as beside it: short names will do
            names = [_short(row) for row in rows]
        panels.append(Panel(_axis(TITLES[name], rows), named_rows(names), (0.0,)))
        named_before = name == "attention"
    rows_of_panel = max(len(panel.y.names) for panel in panels)
    return FigureData(
        "intervals",
        untrusted.clean(record["agreements"][0]["sentence"].removesuffix("."), 140),
        _caption(record, len(shown)),
        untrusted.clean(" ".join(one["sentence"] for one in record["agreements"][1:]), 2000),
        tuple(marks),
        LOOKS,
        tuple(panels),
        row_height(rows_of_panel, least=20, most=30, whole=420) + 40,
    )


def _of_models(record: StabilityRecord, row: Any, label: str, place: int) -> list[Mark]:
    """A mark for each model that has the number, without a band."""
    seeds = [number if seed is None else seed for number, seed in enumerate(record["seeds"])]
    return [
        Mark(f"{label}, seed {seed}", value, float(place), value, SEED, low=value, high=value)
        for seed, value in zip(seeds, row["values"], strict=True)
        if value is not None
    ]


def _places(record: StabilityRecord) -> list[tuple[str, int]]:
    """The places that matter most, in the order of the history and of the types.

    A place matters by its largest share of all attention, or of all flow, in any model.
    """
    weight: dict[tuple[str, int], float] = {}
    for name in ("attention", "flow"):
        rows = [row for row in record["rows"] if row["measure"] == name]
        sizes = {(row["type"], row["position"]): max(abs(row["low"]), abs(row["high"])) for row in rows}
        whole = sum(sizes.values()) or 1.0
        for place, size in sizes.items():
            weight[place] = max(weight.get(place, 0.0), size / whole)
    kept = sorted(weight, key=lambda place: -weight[place])[:MOST_PLACES]
    return sorted(kept, key=lambda place: (record["node_types"].index(place[0]), place[1]))


def _name(record: StabilityRecord, row: Any) -> str:
    """The name of a row."""
    if row["measure"] == "order":
        return untrusted.clean(row["group"], 24)
    step = record["history"][row["position"] - 1]
    title = untrusted.clean(step["title"] or step["item_id"], 14)
    name = f"{row['position']}. {title}"
    if row["type"] != "item":
        name = f"{name}, {untrusted.clean(row['type'], 9)}"
    return f"{name}, layer {row['layer'] + 1}" if row["layer"] is not None else name


def _short(row: Any) -> str:
    """The short name of a row: its position and, unless it is an item, its type."""
    if row["type"] == "item":
        return str(row["position"])
    return f"{row['position']}, {untrusted.clean(row['type'], 9)}"


def _axis(title: str, rows: list[Any]) -> Axis:
    """An axis that includes zero and all bands."""
    numbers = [0.0, *(row["low"] for row in rows), *(row["high"] for row in rows)]
    room = 0.06 * (max(numbers) - min(numbers) or 1)
    least = 0.0 if min(numbers) >= 0 else min(numbers) - room
    return Axis(title, ends=(least, max(numbers) + room))


def _caption(record: StabilityRecord, shown: int) -> str:
    """The caption: whose history, which models, and how many places are left out."""
    who = f"user {record['user']['id']}" if record["user"] else "a history"
    watched = record["watched"]["title"] or record["watched"]["item_id"]
    ranks = ", ".join(wording.rank(rank) for rank in record["ranks"])
    places = len({(row["type"], row["position"]) for row in record["rows"] if row["measure"] == "attention"})
    left_out = f"; the {shown} of {places} places that matter most" if shown < places else ""
    whole = f"{len(record['seeds'])} seeds of {record['model']}, {who}: {watched} has rank {ranks}{left_out}"
    return untrusted.clean(whole, 200)
