"""Which kinds of path reach a score? `python -m benchmarks flow_groups` prints the tables of docs/what-beta-weighs.md.

First, for each fusion and one or two layers: the groups of paths along which anything flows to the last item, of a
model with random weights. What is zero there is zero for all weights, because no path of this group exists. Then what
flows in the runs that come with the package, over the targets of all users. `--picture FILE` also draws one user.
"""

import argparse

import numpy as np
import torch

from mmsr_lite.course.stored import stored
from mmsr_lite.explain.contributions import GROUPS, contributions
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.flow_table import flow_summary, flow_table
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.nn.probe import listen
from mmsr_lite.views import show

ITEMS, CODES, DIM = 12, 6, 8
HISTORY = (3, 7, 4, 12, 7, 4, 1)  # items come back, and neighbours share codes
RUNS = ("wardrobe-cycle", "wardrobe-match")
USER = 3  # whom the picture shows


def groups_used(fusion: str, layers: int) -> list[str]:
    """The groups along which something flows from a node of `HISTORY` to a component of the last item's state."""
    rng = np.random.default_rng(0)
    books = []
    for name in ("first", "second"):
        codes = np.array([rng.permutation(CODES)[:2] + 1 for _ in range(ITEMS + 1)])
        codes[0] = 0
        centres = rng.normal(size=(CODES + 1, DIM)).astype(np.float32)
        books.append(Codebook(name, codes, centres, reduced=centres[codes].sum(1)))
    torch.manual_seed(0)
    model = MMSR(MMSRConfig(dim=DIM, layers=layers, fusion=fusion), ITEMS, books).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(std=0.5)
        with listen(model) as seen:
            graph, _ = model.states(torch.tensor([HISTORY]))
        parts, _ = contributions(model, graph, seen, torch.eye(DIM, dtype=torch.double)[None])
    most = parts.abs().amax((0, 1, 2)).tolist()
    return [group for group, size in zip(GROUPS, most, strict=True) if size > 0]


def table_of_groups() -> str:
    """A row for each fusion and number of layers, a column for each group; a dash where no path exists."""
    lines = [f"| fusion | layers | {' | '.join(GROUPS)} |", f"|---|---|{'---|' * len(GROUPS)}"]
    for fusion in FUSIONS:
        for layers in (1, 2):
            used = groups_used(fusion, layers)
            cells = ["yes" if group in used else "–" for group in GROUPS]
            lines.append(f"| `{fusion}` | {layers} | {' | '.join(cells)} |")
    return "\n".join(lines)


def table_of_runs() -> str:
    """A row for each stored run: mean share of each group in percent, and the mean beta of the last item by layer."""
    lines = [f"| run | {' | '.join(GROUPS)} | β of hohe, layer by layer |", f"|---|{'---|' * (1 + len(GROUPS))}"]
    for name in RUNS:
        model, dataset = stored(name)
        whole = flow_summary(flow_table(model, dataset)).by["all"][0]
        shares = " | ".join(f"{100 * share:.1f}" for share in whole["shares"])
        beta = ", ".join(f"{late:.2f}" for late in whole["beta"] or ())
        lines.append(f"| {name} | {shares} | {beta} |")
    return "\n".join(lines)


def main(argv: list[str]) -> None:
    """Print both tables; draw the picture where a file is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks flow_groups", description=__doc__)
    parser.add_argument("--picture", help="an .svg file, drawn from the run wardrobe-cycle")
    given = parser.parse_args(argv)
    print(table_of_groups(), table_of_runs(), sep="\n\n")
    if given.picture:
        model, dataset = stored(RUNS[0])
        show.flow(flow(model, dataset, USER)).save_svg(given.picture)
