"""Why MMSR's late order does not lose `pick` by half: what it gets when one step of its first layer is taken away.

    OMP_NUM_THREADS=1 python -m benchmarks late_in_pick              # one CPU thread; writes results/late_in_pick.csv
    python -m benchmarks late_in_pick --device cuda --seeds 0 1 2 3 4

A layer of `hohe-invasive` reads along time and then crosses from codes to items. Two layers do this twice: time, cross,
time, cross. After the crossing of layer 1 each picture knows its text, before layer 2 follows time. Three systems of
this order are trained, beside `heho-invasive`:

    whole        both layers as they are
    late alone   in layer 1 every node reads only itself where the layer would cross: time, time, cross
    early alone  in layer 1 every node reads only itself where it would follow time: cross, time, cross; one step back

All have the same weights and the same training. The rule is that of `worlds:pick`, with its looks, themes, garments and
basics, but every session is drawn anew and stands alone, and all garments have one and the same embedding (zeros), so
nothing but the pairs of look and theme decides. Adam, batches of 256 sessions, D = 32, dropout 0.1.

A row holds, for each 100 steps, how often the look with the best mean score is right (chance 16.7 %), in all and
by the age of the formal garment in the end; and what the lead of the right look is the sum of: the mean score of its
basics less that of the others' basics, split exactly by groups of paths. A run that is in the table is not repeated.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from mmsr_lite.data.sources.worlds.pick import PickConfig
from mmsr_lite.data.storage import atomic
from mmsr_lite.explain.contributions import GROUPS, contributions
from mmsr_lite.graph.codes import planted_codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.probe import listen

PLACE = Path(__file__).parent / "results" / "late_in_pick.csv"
KEY = ["system", "lr", "steps", "seed"]
WHOLE, LATE_ALONE, EARLY_ALONE, EARLY = "whole", "late alone", "early alone", "heho-invasive"
CUT = {  # system -> the attention of its first layer in which every node reads only itself
    WHOLE: None,
    LATE_ALONE: "hohe_2_weights",
    EARLY_ALONE: "hohe_1_weights",
    EARLY: None,
}
WHAT = {  # what docs/worlds.md calls them
    LATE_ALONE: "time, time, cross: late fusion alone",
    EARLY_ALONE: "cross, time, cross: early fusion, one step back",
    WHOLE: "time, cross, time, cross: `hohe-invasive`",
    EARLY: "cross, time, cross, time: `heho-invasive`",
}
DIM, BATCH, EVERY = 32, 256, 100
TESTED = 1000  # sessions


class Catalogue:
    """The items of `pick`: garments of each look and theme, then the basics of each look.

    Args:
        config: the sizes of the world.

    Attributes:
        garments: (looks, themes, garments) items.
        basics: (looks, basics) items.
        look: (V + 1,) the look of each item, 0 for the padding.
        theme: (V + 1,) its theme, 0 is formal; -1 where it has none.
    """

    def __init__(self, config: PickConfig):
        shape = (config.looks, config.themes, config.garments)
        count = int(np.prod(shape))
        self.config, self.garments = config, np.arange(1, count + 1).reshape(shape)
        self.basics = count + 1 + np.arange(config.looks * config.basics).reshape(config.looks, config.basics)
        self.look, self.theme = np.zeros(self.basics.max() + 1, int), np.full(self.basics.max() + 1, -1)
        for look in range(config.looks):
            self.look[self.garments[look]] = self.look[self.basics[look]] = look
            self.theme[self.garments[look]] = np.arange(config.themes)[:, None]

    def sessions(self, count: int, rng: np.random.Generator) -> "Sessions":
        """Sessions of `browses` garments, one of them formal at any place, and a basic that has its look."""
        config, each = self.config, np.arange(count)
        looks = rng.integers(config.looks, size=(count, config.browses))
        themes = rng.integers(1, config.themes, size=looks.shape)
        place = rng.integers(config.browses, size=count)
        themes[each, place] = 0
        history = self.garments[looks, themes, rng.integers(config.garments, size=looks.shape)]
        right = looks[each, place]
        bought = self.basics[right, rng.integers(config.basics, size=count)]
        return Sessions(torch.from_numpy(history), torch.from_numpy(bought), right, config.browses - place)


@dataclass(frozen=True)
class Sessions:
    """Some sessions.

    Attributes:
        history: (E, browses) garments, the last one on the right.
        bought: (E,) basics.
        right: (E,) the look that was bought.
        age: (E,) how many steps before the purchase the formal garment lies.
    """

    history: Tensor
    bought: Tensor
    right: np.ndarray
    age: np.ndarray


def only_itself(weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Attention weights by which every node reads itself and nothing else.

    Args:
        weights: attention weights, (B, N, N) for each block.

    Returns:
        Identity matrices of the same shapes.

    Example:
        >>> only_itself((torch.full((1, 2, 2), 0.5),))[0].tolist()
        [[[1.0, 0.0], [0.0, 1.0]]]
    """
    return tuple(torch.eye(one.shape[1], dtype=one.dtype, device=one.device).expand_as(one) for one in weights)


def made(system: str, items: Catalogue) -> MMSR:
    """The untrained model of a system, with two layers; a step that is taken away stays away.

    Args:
        system: a name of `CUT`.
        items: the catalogue.

    Returns:
        The model.
    """
    fusion = "heho-invasive" if system == EARLY else "hohe-invasive"
    books = [planted_codebook(name, classes, DIM) for name, classes in (("look", items.look), ("theme", items.theme))]
    config = MMSRConfig(dim=DIM, layers=2, fusion=fusion, dropout=0.1, input_dropout=0.0, max_history=3)
    model = MMSR(config, len(items.look) - 1, books)
    if (place := CUT[system]) is not None:
        model.layers[0].probes[place].register_forward_hook(lambda probe, inputs, output: only_itself(output))
    return model


@torch.no_grad()
def forget(model: MMSR, items: Catalogue) -> None:
    """Take from all garments what tells one from another but their codes.

    Args:
        model: a model; the embeddings of garments become zeros.
        items: the catalogue.
    """
    model.nodes.tables[0].weight[1 : items.basics.min()] = 0


@torch.no_grad()
def hits(model: MMSR, items: Catalogue, some: Sessions) -> np.ndarray:
    """(E,) whether the look whose basics have the best mean score is the one that was bought.

    Args:
        model: a model.
        items: the catalogue.
        some: E sessions.

    Returns:
        True where it is.
    """
    model.eval()
    device = model.item_table().device
    scores = model.scores(some.history.to(device))[:, torch.from_numpy(items.basics).to(device)]  # (E, looks, basics)
    return scores.mean(2).argmax(1).cpu().numpy() == some.right


@torch.no_grad()
def lead(model: MMSR, items: Catalogue, some: Sessions) -> np.ndarray:
    """What the lead of the right look over the other looks is the sum of.

    Args:
        model: a model.
        items: the catalogue.
        some: E sessions.

    Returns:
        (E, 6) by `GROUPS`: the signed parts of the mean score of the right look's basics less that of all others.
    """
    model.eval()
    table = model.item_table()
    by_look = table[torch.from_numpy(items.basics).to(table.device)].mean(1)  # (looks, D)
    right = torch.from_numpy(some.right).to(table.device)
    readout = (by_look[right] - by_look.mean(0)) * len(by_look) / (len(by_look) - 1)  # (E, D)
    with listen(model) as seen:
        graph, _ = model.states(some.history.to(table.device))
    parts, _ = contributions(model, graph, seen, readout[:, None])  # (E, 1, N, 6)
    return parts[:, 0].sum(1).cpu().numpy()


def run(system: str, lr: float, steps: int, seed: int, device: str, config: PickConfig) -> dict[str, Any]:
    """Train one system; its row.

    Args:
        system: a name of `CUT`.
        lr: learning rate of Adam.
        steps: how many batches.
        seed: of the weights and of the sessions.
        device: "cpu" or "cuda".
        config: the sizes of the world.

    Returns:
        The row.
    """
    items, rng = Catalogue(config), np.random.default_rng(seed)
    tested = items.sessions(TESTED, np.random.default_rng(10**6))
    torch.manual_seed(seed)
    model = made(system, items).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    forget(model, items)
    by_step = []
    for step in range(1, steps + 1):
        model.train()
        some = items.sessions(BATCH, rng)
        optimiser.zero_grad()
        model.loss(some.history.to(device), some.bought.to(device)).backward()
        optimiser.step()
        forget(model, items)
        if step % EVERY == 0:
            by_step.append(100 * hits(model, items, tested).mean())
            print(system, seed, step, f"{by_step[-1]:.1f}", flush=True)
    right, parts = hits(model, items, tested), lead(model, items, tested)
    row: dict[str, Any] = {"system": system, "lr": lr, "steps": steps, "seed": seed, "right": 100 * right.mean()}
    row |= {f"right at age {age}": 100 * right[tested.age == age].mean() for age in np.unique(tested.age).tolist()}
    row |= {f"lead: {group}": parts[:, place].mean() for place, group in enumerate(GROUPS)}
    row["right by step"] = " ".join(f"{one:.1f}" for one in by_step)
    return row


def page_rows(table: pd.DataFrame) -> list[str]:
    """The rows of docs/worlds.md: how often each system is right, means over seeds.

    Args:
        table: the table of runs.

    Returns:
        A line of Markdown for each system and number of steps.
    """
    rows = []
    for system, words in WHAT.items():
        for steps, some in table[table["system"] == system].groupby("steps"):
            shown = ["right", *(f"right at age {age}" for age in (1, 2, 3))]
            cells = " | ".join(f"{value:.1f}" for value in some[shown].mean())
            rows.append(f"| {words} | {steps:,} | {len(some)} | {cells} |")
    return rows


def main(argv: list[str]) -> None:
    """Fill the table, saving after each run, and print its means.

    Args:
        argv: what was typed after the benchmark's name.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks late_in_pick",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--systems", nargs="+", default=list(CUT), choices=list(CUT))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--lr", type=float, default=0.005)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, default=PLACE)
    args = parser.parse_args(argv)
    rows = pd.read_csv(args.out).to_dict("records") if args.out.exists() else []
    done = {tuple(row[name] for name in KEY) for row in rows}
    for seed in args.seeds:
        for system in args.systems:
            if (system, args.lr, args.steps, seed) in done:
                continue
            rows.append(run(system, args.lr, args.steps, seed, args.device, PickConfig()))
            with atomic(args.out) as tmp:
                pd.DataFrame(rows).sort_values(KEY).round(3).to_csv(tmp, index=False)
    shown = [name for name in pd.DataFrame(rows) if name.startswith(("right", "lead")) and name != "right by step"]
    print(pd.DataFrame(rows).groupby(KEY[:-1])[shown].mean().T.round(2).to_string())
