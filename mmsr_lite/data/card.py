"""The data card says what a data set holds and what it lacks: as a record, as text for a terminal, as Markdown."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmsr_lite.data.code_names import name_codes
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.markdown import markdown_table, markdown_text, shown_whole
from mmsr_lite.data.order import order_facts, order_sentences
from mmsr_lite.data.reading import Account, shown
from mmsr_lite.data.repeats import count_ties
from mmsr_lite.data.split import MASKED_BELOW, headline, split
from mmsr_lite.data.statistics import CURVE_POINTS, SHARES, code_use, own_history_share, popularity, statistics

SCHEMA = "mmsr-lite/data-card/1"
CODES_SHOWN = 12  # codes of a modality, those with the most items
FIRST_DATE = 631_152_000  # 1990-01-01 in seconds since 1970; smaller times are positions, not dates
BAR = 24  # characters of the longest bar in a terminal


def card_record(dataset: Dataset, codes: Mapping[str, np.ndarray] | None = None) -> dict[str, Any]:
    """Everything that a data card says, as plain values.

    Args:
        dataset: the data set.
        codes: (V+1, k) codes of modalities by name, 0 where there is none.

    Returns:
        A dict that JSON can hold; `as_markdown` and `as_text` read it.

    Example:
        >>> ids = ("", "a")
        >>> data = Dataset("d", np.array([0]), np.array([1]), np.arange(1), ("u",), ids, ids)
        >>> card_record(data)["counts"]["users"], card_record(data)["lengths"]  # five quartiles of the lengths
        (1, [1, 1, 1, 1, 1])
    """
    counts, cumulative = popularity(dataset)
    places = np.unique(np.linspace(0, len(cumulative) - 1, CURVE_POINTS).round().astype(int))
    twice = [[shown(title)[:60], n] for title, n in Counter(dataset.titles[1:]).most_common() if n > 1]
    kept = dataset.facts.get("reading")
    reading = Account.from_fact(kept) if isinstance(kept, dict) else Account(read={"interactions": len(dataset.item)})
    if reading.tied is None and not isinstance(kept, dict):
        reading.tied = count_ties(dataset)
    record = {
        "schema": SCHEMA,
        "name": dataset.name,
        "counts": statistics(dataset),
        "period": _period(dataset.time),
        "lengths": np.percentile(np.diff(dataset.offsets), (0, 25, 50, 75, 100)).astype(int).tolist(),
        "least of an item": int(counts[-1]),
        "ties": list(count_ties(dataset)),
        "own history": own_history_share(dataset),
        "headline": _headline(dataset),
        "order": order_facts(dataset),
        "popular": [[share, float(cumulative[max(round(share * len(cumulative)), 1) - 1])] for share in SHARES],
        "curve": [[100 * (place + 1) / len(cumulative), float(cumulative[place])] for place in places.tolist()],
        "modalities": [_modality(dataset, one.name, codes or {}) for one in dataset.modalities],
        "without any": _without_any(dataset),
        "titles twice": {"count": len(twice), "examples": twice[:3]},
        "reading": reading.lines(),
    }
    counted = {"reviews": dataset.facts.get("reviews"), "metadata": dataset.facts.get("metadata")}
    older = {name: counts for name, counts in counted.items() if isinstance(counts, dict)}
    return record | {"older counts": older}


def card(dataset: Dataset, codes: Mapping[str, np.ndarray] | None = None) -> str:
    """The data card in Markdown; see `card_record`.

    Args:
        dataset: the data set.
        codes: (V+1, k) codes of modalities by name, 0 where there is none.

    Returns:
        The text.

    Example:
        >>> ids = ("", "a")
        >>> print(card(Dataset("d", np.array([0]), np.array([1]), np.arange(1), ("u",), ids, ids)))
        # d
        <BLANKLINE>
        | users | items | interactions | average length | sparsity |
        | --- | --- | --- | --- | --- |
        | 1 | 1 | 1 | 1.00 | 0.00 % |
        ...
    """
    return as_markdown(card_record(dataset, codes))


def as_markdown(record: Mapping[str, Any]) -> str:
    """A data card as Markdown; texts from the data are escaped, so that they are shown as they are.

    Args:
        record: what `card_record` gave.

    Returns:
        The text, several lines.

    Example:
        >>> ids = ("", "a", "b")
        >>> data = Dataset("d", np.array([0, 0]), np.array([1, 2]), np.arange(2), ("u",), ids, ids)
        >>> as_markdown(card_record(data)).splitlines()[0]
        '# d'
    """
    parts = [f"# {markdown_text(record['name'])}"]
    for heading, blocks in _sections(record).items():
        parts += [f"## {heading}"] if heading else []
        for block in blocks:
            if isinstance(block, str):
                parts.append(markdown_text(block))
            elif isinstance(block, Table):
                parts.append(markdown_table(block))
            else:
                parts.append("\n".join(f"    {shown_whole(line)}" for line in block))  # a block of code
    return "\n\n".join(parts)


def as_text(record: Mapping[str, Any]) -> str:
    """A data card as text for a terminal: tables in columns, popularity as bars.

    Args:
        record: what `card_record` gave.

    Returns:
        The text, several lines.

    Example:
        >>> ids = ("", "a", "b")
        >>> data = Dataset("d", np.array([0, 0]), np.array([1, 2]), np.arange(2), ("u",), ids, ids)
        >>> as_text(card_record(data)).splitlines()[0]
        'd'
    """
    parts = [shown(str(record["name"])), "=" * len(shown(str(record["name"])))]
    for heading, blocks in _sections(record).items():
        if heading:
            parts += ["", heading, "-" * len(heading)]
        for block in blocks:
            if isinstance(block, str):
                parts.append(shown_whole(block))
            elif isinstance(block, Table):
                parts += [*_columns(block), ""]
            else:
                parts += list(block)
    return "\n".join(parts)


class Table(list):
    """A table of strings, as a list of rows; the first row is the heading.

    Args:
        heading: the names of the columns.
        rows: the cells of each row.
        bars: the index of the column whose percent is also drawn as bars; None (the default): no bars.

    Example:
        >>> Table(["name", "percent"], [["a", "5"]], bars=1)
        [['name', 'percent'], ['a', '5']]
    """

    def __init__(self, heading: Sequence[str], rows: Sequence[Sequence[str]], bars: int | None = None) -> None:
        super().__init__([list(heading), *map(list, rows)])
        self.bars = bars


def _sections(record: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Heading -> what stands under it (sentences, tables, lists of lines), in the order of the card."""
    counts = record["counts"]
    numbers = [f"{counts[name]:,}" for name in ("users", "items", "interactions")]
    row = [*numbers, f"{counts['average length']:.2f}", f"{counts['sparsity']:.2f} %"]
    first = [Table(["users", "items", "interactions", "average length", "sparsity"], [row])]
    sections: dict[str, list[Any]] = {"": [*first, *sentences(record)]}
    if record["modalities"]:
        rows = [_modality_row(one) for one in record["modalities"]]
        heading = ["modality", "missing", "numbers", "codes used", "even use would be 1"]
        sections["Modalities"] = [Table(heading, rows), f"Items without any modality: {record['without any']:.2f} %."]
        for one in record["modalities"]:
            if one["codes"]:
                sections[f"Codes of {one['name']}"] = _codes(one)
    rows = [[f"{100 * share:g} % of the items", f"{percent:.1f} %"] for share, percent in record["popular"]]
    sections["Popularity"] = [Table(["most popular", "hold of the interactions"], rows, bars=1)]
    twice = record["titles twice"]
    such = ", such as " + ", ".join(f"{title!r} ({n})" for title, n in twice["examples"]) if twice["count"] else ""
    sections["Titles"] = [f"Titles of more than one item: {twice['count']}{such}."]
    sections["How it was read"] = [record["reading"], *_older(record)]
    return sections


def sentences(record: Mapping[str, Any]) -> list[str]:
    """What a card says about the histories, in sentences.

    Args:
        record: what `card_record` gave.

    Returns:
        One sentence after the other.

    Example:
        >>> ids = ("", "a", "b")
        >>> data = Dataset("d", np.array([0, 0]), np.array([1, 2]), np.arange(2), ("u",), ids, ids)
        >>> sentences(card_record(data))[0][:40]
        'Histories, least, quartiles, most: 2, 2,'
    """
    lengths = ", ".join(map(str, record["lengths"]))
    lines = [f"Histories, least, quartiles, most: {lengths}; least of an item: {record['least of an item']}."]
    if record["period"]:
        lines.append(f"From {record['period'][0]} to {record['period'][1]}.")
    same, neighbours = record["ties"]
    if neighbours:
        share = 100 * same / neighbours
        lines.append(f"Neighbouring interactions that share one time: {share:.2f} % ({same:,} of {neighbours:,}).")
    if record["own history"] is not None:
        lines.append(f"Test targets that their user had before: {record['own history']:.2f} %.")
    if record.get("headline"):
        words = {"masked": "own items masked", "all": "all items"}[record["headline"]]
        rule = (
            f"own items masked where fewer than {100 * MASKED_BELOW:g} % of the test targets lie in their own history"
        )
        lines.append(f"Headline ranking: {words} (the rule: {rule}, all items elsewhere).")
    if "order" in record:
        lines += order_sentences(record["order"])
    return lines


def _headline(dataset: Dataset) -> str | None:
    """The ranking to show first; None where there are no test targets."""
    parts = split(dataset, validation=False)
    return headline(parts) if len(parts.test) else None


def _period(time: np.ndarray) -> list[str] | None:
    """The first and the last day as YYYY-MM-DD; None where the times are not dates."""
    if not len(time) or not np.isfinite(time).all() or not FIRST_DATE <= time.min() <= time.max() < 253_402_300_800:
        return None
    zone = datetime.UTC
    return [f"{datetime.datetime.fromtimestamp(float(one), zone):%Y-%m-%d}" for one in (time.min(), time.max())]


def _without_any(dataset: Dataset) -> float:
    """Percent of the items that have no modality at all."""
    if not dataset.modalities:
        return 100.0
    return 100 * float((~np.any([one.present[1:] for one in dataset.modalities], axis=0)).mean())


def _modality(dataset: Dataset, name: str, codes: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The entry of one modality in the record."""
    one = dataset.modality(name)
    entry = {"name": name, "missing": 100 * (1 - float(one.present[1:].mean())), "numbers": one.features.shape[1]}
    if name not in codes:
        return entry | {"use": None, "codes": []}
    return entry | {"use": list(code_use(codes[name])), "codes": name_codes(dataset, name, codes[name])}


def _modality_row(one: Mapping[str, Any]) -> list[str]:
    """The row of one modality in the table of modalities."""
    use = ["", ""]
    if one["use"]:
        used, there, even = one["use"]
        use = [f"{used} of {there}", f"{even:.3f}"]
    return [one["name"], f"{one['missing']:.2f} %", str(one["numbers"]), *use]


def _codes(one: Mapping[str, Any]) -> list[Any]:
    """The table of the codes of one modality, and a sentence about those that it leaves out."""
    rows = [
        [str(code["code"]), f"{code['items']:,}", code["name"], " / ".join(code["examples"][:2])]
        for code in one["codes"][:CODES_SHOWN]
    ]
    blocks: list[Any] = [Table(["code", "items", "name", "examples"], rows)]
    if len(one["codes"]) > CODES_SHOWN:
        blocks.append(f"And {len(one['codes']) - CODES_SHOWN} more codes with fewer items.")
    return blocks


def _older(record: Mapping[str, Any]) -> list[str]:
    """The counts that an older version noted in a prepared folder, as sentences."""
    return [
        f"{name.capitalize()}: {', '.join(f'{what} {count:,}' for what, count in counts.items())}."
        for name, counts in record["older counts"].items()
        if all(isinstance(count, int) for count in counts.values())
    ]


def _columns(table: Table) -> list[str]:
    """The lines of a table for a terminal, its cells in columns."""
    rows = [[shown(cell)[:48] for cell in row] for row in table]
    if table.bars is not None:
        for row in rows[1:]:
            share = float(row[table.bars].removesuffix(" %"))
            row.append("#" * round(BAR * share / 100))
        rows[0].append("")
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
