"""The columns of the paper's Table 1, how much of each modality is there, and the card that tells a data set."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmsr_lite.data.dataset import Dataset

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)  # of the items, the most popular first


def statistics(dataset: Dataset) -> dict[str, Any]:
    """Counts, average length and sparsity (percent of user-item pairs without interaction); share present (percent).

    >>> statistics(Dataset("d", np.array([0, 0]), np.array([1, 2]), np.arange(2), ("u",), tuple("-ab"), tuple("-ab")))
    {'users': 1, 'items': 2, 'interactions': 2, 'average length': 2.0, 'sparsity': 0.0, 'present': {}}
    """
    users, items, interactions = dataset.num_users, dataset.num_items, len(dataset.item)
    return {
        "users": users,
        "items": items,
        "interactions": interactions,
        "average length": interactions / users,
        "sparsity": 100 * (1 - interactions / (users * items)),
        "present": {modality.name: 100 * float(modality.present[1:].mean()) for modality in dataset.modalities},
    }


def card(dataset: Dataset, codes: dict[str, np.ndarray] | None = None) -> str:
    """The data card in Markdown: Table 1's columns, what is missing, how popularity falls, how evenly codes are used.

    `codes` holds (V+1, k) codes of modalities, 0 where there is none.

    >>> print(card(Dataset("d", np.array([0]), np.array([1]), np.arange(1), ("u",), ("", "a"), ("", "A"))))
    # d
    <BLANKLINE>
    | users | items | interactions | average length | sparsity |
    | --- | --- | --- | --- | --- |
    | 1 | 1 | 1 | 1.00 | 0.00 % |
    ...
    """
    found = statistics(dataset)
    lengths = np.diff(dataset.offsets)  # (U,)
    counts = np.sort(np.bincount(dataset.item, minlength=dataset.num_items + 1)[1:])[::-1]  # (V,), most popular first
    held = np.cumsum(counts) / max(counts.sum(), 1)
    heads = [f"{100 * share:g} %" for share in SHARES]
    curve = [f"{100 * held[max(round(share * len(held)), 1) - 1]:.1f} %" for share in SHARES]
    quartiles = np.percentile(lengths, (0, 25, 50, 75, 100)).astype(int)
    table1 = [f"{found[name]:,}" for name in ("users", "items", "interactions")]
    parts = [f"# {dataset.name}"]
    parts += [_table(list(found)[:5], [[*table1, f"{found['average length']:.2f}", f"{found['sparsity']:.2f} %"]])]
    if modalities := dataset.modalities:
        none = 100 * float((~np.any([one.present[1:] for one in modalities], axis=0)).mean())
        rows = []
        for one in modalities:
            used = _use(codes[one.name]) if codes and one.name in codes else ["", ""]
            rows += [[one.name, f"{100 - found['present'][one.name]:.2f} %", str(one.features.shape[1]), *used]]
        parts += [_table(["modality", "missing", "numbers", "codes used", "even use would be 1"], rows)]
        parts += [f"Items without any modality: {none:.2f} %."]
    parts += ["Share of the interactions that the most popular items hold:", _table(heads, [curve])]
    parts += [f"Histories, least, quartiles, most: {', '.join(map(str, quartiles))}; least of an item: {counts[-1]}."]
    twice = [(title, n) for title, n in Counter(dataset.titles[1:]).most_common() if n > 1]
    shown = ", ".join(f"{' '.join(title.split())[:60]!r} ({n})" for title, n in twice[:3])
    parts += [f"Titles of more than one item: {len(twice)}" + (f", such as {shown}." if twice else ".")]
    for name in ("reviews", "metadata"):
        if name in dataset.facts:
            parts += [f"{name.capitalize()}: {', '.join(f'{k} {v:,}' for k, v in dataset.facts[name].items())}."]
    return "\n\n".join(parts)


def _use(codes: np.ndarray) -> list[str]:
    """How many codes items have, and their entropy as a share of what even use would give."""
    counts = np.bincount(codes.ravel())[1:]
    share = counts[counts > 0] / counts.sum()
    even = -(share * np.log(share)).sum() / max(np.log(len(counts)), 1e-12)
    return [f"{len(share)} of {len(counts)}", f"{even:.3f}"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
