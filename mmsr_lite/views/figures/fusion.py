"""The figure of `fusion_for`: each system's value of the metric that decides, and each comparison with its interval.

It reads a fusion record, from `experiments.fusion_for`.
"""

from dataclasses import replace

from mmsr_lite.records import FusionRecord
from mmsr_lite.records.ranking_names import in_words, key_of
from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel
from mmsr_lite.views.figures.kit import CLEAR, UNCLEAR, empty_figure, named_rows, row_height

LOOKS = {"early": Look(theme.EARLY, "square"), "late": Look(theme.LATE, "diamond")}
OTHER, APART, NOT_APART = "another system, mean of the seeds", "apart", "not apart"


def fusion(record: FusionRecord) -> FigureData:
    """Draw all systems, and beside them all comparisons.

    Args:
        record: A fusion record.

    Returns:
        Two panels: the mean of each system in a band from the least to the greatest seed, and the difference of each
        pair of systems with its 95 % interval.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> fusion(sample("fusion")).title
        'Early fusion is ahead by 9.0 points of HR@5, all items (6.0 to 12.0)'
    """
    words = in_words(key_of(record["metric"], record["ranking"]))
    title = untrusted.clean(record["sentence"].removesuffix("."), 200)
    who = f"{record['base']} on {record['dataset']}"
    of = f"{record['num_users']:,} users"
    if record["sampled"] is not None:
        of = f"{record['sampled']['users']:,} of {record['sampled']['of']:,} users"
    caption = untrusted.clean(f"{who}, {of}, {record['seeds']} seeds, {record['trials']} trials of each system", 160)
    if not record["systems"]:
        return empty_figure(title, "No system could be trained.")
    marks = []
    for place, one in enumerate(record["systems"]):
        group = one["name"] if one["name"] in LOOKS else OTHER
        ends = {"low": one["low"], "high": one["high"]}
        marks.append(Mark(untrusted.clean(one["name"]), one["mean"], float(place), one["mean"], group, **ends))
    names = [mark.label for mark in marks]
    differences = []
    for place, pair in enumerate(record["comparisons"]):
        group = APART if pair["apart"] else NOT_APART
        label, value = untrusted.clean(f"{pair['one']} − {pair['other']}"), pair["difference"]
        ends = {"low": pair["low"], "high": pair["high"]}
        differences.append(Mark(label, value, float(place), value, group, panel=1, **ends))
    panels = [Panel(_axis(f"{words}, percent", marks), named_rows(names))]
    if differences:
        across = _axis("points, with 95 % interval", differences)
        panels.append(Panel(across, named_rows([mark.label for mark in differences]), (0.0,)))
    looks = {name: look for name, look in LOOKS.items() if name in names}
    looks |= {OTHER: Look(theme.SOFT, "circle"), APART: CLEAR, NOT_APART: UNCLEAR}
    return FigureData(
        "intervals",
        title,
        caption,
        untrusted.clean(" ".join(record["further"]), 2000),
        (*marks, *differences),
        looks,
        tuple(panels),
        row_height(max(len(marks), len(differences)), least=22, most=32, whole=400) + 40,
    )


def _axis(title: str, marks: list[Mark]) -> Axis:
    """An axis that includes zero and all bands."""
    numbers = [0.0, *(mark.low or 0.0 for mark in marks), *(mark.high or 0.0 for mark in marks)]
    room = 0.05 * (max(numbers) - min(numbers) or 1)
    least = 0.0 if min(numbers) >= 0 else min(numbers) - room
    return replace(Axis(title), ends=(least, max(numbers) + room))
