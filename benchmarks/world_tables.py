"""The tables and pictures of docs/worlds.md, out of the rows that fusion_worlds.py has written.

    PYTHONPATH=. python benchmarks/world_tables.py                  # prints every table of the page
    PYTHONPATH=. python benchmarks/world_tables.py --pictures docs  # and draws its pictures

`fusion_worlds.csv` has the systems after 20 epochs, `fusion_worlds_long.csv` the orders that the aims are about after
40, `fusion_worlds_shuffled.csv` those with shuffled codes, `fusion_worlds_capacity.csv` twins and other widths,
`fusion_worlds_student.csv` both orders in the students' worlds, from student_worlds.py.
"""

import argparse
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.fusion_worlds import PLACE, prepared, table_of
from benchmarks.student_worlds import SYSTEMS as STUDENT_SYSTEMS
from benchmarks.student_worlds import TABLE as STUDENT_TABLE
from benchmarks.world_jobs import ORDERS, with_chosen_settings
from mmsr_lite.data.sources.worlds import WORLDS
from mmsr_lite.views.chart import Drawing
from mmsr_lite.views.figures.data import FigureData, Look
from mmsr_lite.views.figures.kit import lines
from mmsr_lite.views.theme import series

NAMES = {"gru4rec": "GRU4Rec", "sasrec": "SASRec", "mmsr": "MMSR"}
FIXED = {"gru4rec": ("early", "late"), "sasrec": ("early", "late"), "mmsr": ("heho-invasive", "hohe-invasive")}
GATE = "adaptive-invasive"
PAIRS = [("sasrec", "pick"), ("gru4rec", "pick"), ("sasrec", "clocks"), ("gru4rec", "clocks")]


@cache
def runs(name: str = "") -> pd.DataFrame:
    """The runs of whole worlds in a table, each system with the settings that validation prefers.

    Args:
        name: "", "long", "shuffled" or "capacity".
    """
    place = PLACE.with_name(f"{PLACE.stem}{'_' if name else ''}{name}.csv")
    table = with_chosen_settings(table_of(place))
    return table[table["size"] == "full"]


def mean_of(table: pd.DataFrame, world: str, model: str, order: str, column: str = "HR@5") -> float:
    """The mean of a column over the seeds of a system."""
    some = table[(table["world"] == world) & (table["model"] == model) & (table["order"] == order)]
    return float(some[column].mean())


def page_rows() -> list[str]:
    """All systems after 20 epochs, then the marks of the gates in `both`."""
    table = runs()
    lines_of = systems(table, [(model, order) for model, orders in ORDERS.items() for order in orders])
    gates = ["adaptive", GATE]
    for name in [name for name in table if name.startswith("ROC") and not name.endswith(", all")]:
        areas = [with_range(table.loc[table["order"] == order, name].dropna(), 2) for order in gates]
        lines_of.append(f"| {name.removeprefix('ROC ')} | {' | '.join(areas)} |")
    return lines_of


def wall_rows() -> list[str]:
    """Both orders of each base and the gate after 40 epochs; blank where a system was not run."""
    fixed = [(model, order) for model, orders in FIXED.items() for order in orders]
    return systems(runs("long"), [*fixed, ("mmsr", GATE)])


def systems(table: pd.DataFrame, listed: list[tuple[str, str]]) -> list[str]:
    """A row for each system: HR@5 in each world with its range, and by the kind of user in `both`."""
    rows = []
    for model, order in listed:
        some = table[(table["model"] == model) & (table["order"] == order)]
        cells = [with_range(some.loc[some["world"] == world, "HR@5"], 1) for world in WORLDS]
        kinds = some.loc[some["world"] == "both", ["HR@5 of pick", "HR@5 of clocks"]].mean()
        cells.append("" if kinds.isna().any() else " / ".join(f"{value:.1f}" for value in kinds))
        rows.append(f"| {system(model, order)} | {' | '.join(cells)} |")
    return rows


def student_rows() -> list[str]:
    """Each system in the students' worlds: HR@5, and how many seconds of the process its training took."""
    table = pd.DataFrame(table_of(STUDENT_TABLE))
    rows = []
    for model, orders in STUDENT_SYSTEMS.items():
        for order in orders:
            cells = []
            for world in WORLDS:
                some = twins_of(table, world, model, order)
                names = ["HR@5 of pick", "HR@5 of clocks"] if world == "both" else ["HR@5"]
                hits = " / ".join(f"{some[name].mean():.1f}" for name in names)
                cells.append(f"{hits} | {some['cpu_seconds'].max():.0f}")
            rows.append(f"| {system(model, order)} | {' | '.join(cells)} |")
    return rows


def aim_rows() -> list[str]:
    """What the worlds were made for: each aim, the means that decide it after 40 epochs, and whether it holds."""
    table = runs("long")

    def mean(world: str, model: str, order: str) -> float:
        return mean_of(table, world, model, order)

    rows = []
    for world, first in (("pick", 0), ("clocks", 1)):
        for model, orders in FIXED.items():
            ahead, behind = mean(world, model, orders[first]), mean(world, model, orders[1 - first])
            winner = f"`{orders[first]}`" if model == "mmsr" else orders[first]
            told = f"{NAMES[model]}: {ahead:.1f} to {behind:.1f}, {ahead / behind:.1f} times"
            rows.append(f"| `{world}`: {winner} wins by half as much again | {told} | {yes(ahead >= 1.5 * behind)} |")
        gate, kind = mean(world, "mmsr", GATE), max(mean(world, "mmsr", order) for order in FIXED["mmsr"])
        best = max(mean(world, model, order) for model, orders in FIXED.items() for order in orders)
        for words, other in (("MMSR's better fixed order", kind), ("the best of all fixed orders", best)):
            told = f"{gate:.1f} to {other:.1f} | {yes(gate >= 0.97 * other)}"
            rows.append(f"| `{world}`: `{GATE}` is within 3 % of {words} | {told} |")
    gate, fixed = mean("both", "mmsr", GATE), [mean("both", "mmsr", order) for order in FIXED["mmsr"]]
    told = f"{gate:.1f} to {fixed[0]:.1f} and {fixed[1]:.1f} | {yes(gate > max(fixed))}"
    rows.append(f"| `both`: `{GATE}` is ahead of MMSR's fixed orders | {told} |")
    return rows


def yes(holds: bool) -> str:
    """A verdict as tables say it."""
    return "yes" if holds else "**no**"


def shuffled_rows() -> list[str]:
    """Systems with true and with shuffled codes, both tuned alike, 20 epochs, and the same without modalities."""
    true, shuffled = runs(), runs("shuffled")
    rows = []
    for (world, model, order), some in shuffled.groupby(["world", "model", "order"]):
        without = "" if model == "mmsr" else f"{mean_of(true, world, model, 'none'):.1f}"
        told = f"{mean_of(true, world, model, order):.1f} | {with_range(some['HR@5'], 1)}"
        rows.append(f"| `{world}` | {system(model, order)} | {told} | {without} |")
    return rows


def capacity_rows() -> list[str]:
    """Early and late fusion where one of both has another width: the paper's width, then equal numbers."""
    same, other = runs(), runs("capacity")
    twins = other[other["twin"] != "same width"]
    rows = []
    for model, world in PAIRS:
        cells = [with_range(twins_of(same, world, model, order)["HR@5"], 1) for order in FIXED[model]]
        for twin in ("all", "encoders"):
            for order in FIXED[model]:
                some = twins_of(twins[twins["twin"] == twin], world, model, order)
                cells.append(f"{some['HR@5'].mean():.1f} (D {some['width'].iloc[0]})")
        rows.append(f"| `{world}`, {NAMES[model]} | {' | '.join(cells)} |")
    return rows


def twins_of(table: pd.DataFrame, world: str, model: str, order: str) -> pd.DataFrame:
    """The runs of one system."""
    return table[(table["world"] == world) & (table["model"] == model) & (table["order"] == order)]


def width_rows() -> list[str]:
    """Early and late fusion at each width D."""
    both = pd.concat([runs(), runs("capacity").query("twin == 'same width'")])
    widths = sorted(both["dim"].unique())
    rows = []
    for model, world in PAIRS:
        for order in FIXED[model]:
            some = twins_of(both, world, model, order).groupby("dim")["HR@5"].mean()
            cells = " | ".join(f"{some[width]:.1f}" for width in widths)
            rows.append(f"| `{world}`, {system(model, order)} | {cells} |")
    return rows


def displaced_rows() -> list[str]:
    """What is left of each order when texts trade places within each history; models are those of the wall table."""
    table = runs("long")
    rows = []
    for model, world in PAIRS:
        cells = []
        for order in FIXED[model]:
            before = mean_of(table, world, model, order)
            after = with_range(twins_of(table, world, model, order)["HR@5, texts displaced"], 1)
            cells.append(f"{before:.1f} → {after}")
        rows.append(f"| `{world}`, {NAMES[model]} | {' | '.join(cells)} |")
    return rows


def late_gain(table: pd.DataFrame) -> pd.Series:
    """By how much the last ten epochs raise the best HR@5 on validation, a value for each run."""

    def gain(told: str) -> float:
        values = [float(one) for one in told.split()]
        return max(values[-10:]) - max(values[:-10])

    return table["HR@5 by epoch"].map(gain)


def system(model: str, order: str) -> str:
    """What tables call a system."""
    return f"MMSR, `{order}`" if model == "mmsr" else f"{NAMES[model]}, {order}"


def with_range(values: pd.Series, digits: int) -> str:
    """The mean, and in brackets the least and the greatest where they differ; "" of nothing."""
    if not len(values):
        return ""
    mean, low, high = (f"{value:.{digits}f}" for value in (values.mean(), values.min(), values.max()))
    return mean if low == high else f"{mean} ({low} to {high})"


def picture_of_training(column: str, unit: str, title: str) -> FigureData:
    """A column with a value for each epoch, SASRec and GRU4Rec, early and late, to the last of 40 epochs; seed 0."""
    table = runs("long")
    panels = []
    for world in ("pick", "clocks"):
        drawn = []
        for model in ("sasrec", "gru4rec"):
            for order in FIXED[model]:
                (told,) = twins_of(table, world, model, order).query("seed == 0")[column]
                values = [float(one) for one in told.split()]
                drawn.append((system(model, order), look(model, order), list(range(1, len(values) + 1)), values))
        panels.append((f"{world}: epoch", "" if panels else unit, drawn))
    return FigureData(title=title, caption="Seed 0; dashed: GRU4Rec", text=f"{title}.", height=280, **lines(panels))


def picture_of_losses() -> FigureData:
    """The training loss to the end."""
    return picture_of_training("losses", "training loss, nats", "After 40 epochs the loss of every order hardly falls")


def picture_of_hits() -> FigureData:
    """HR@5 of the purchases of validation to the end."""
    title = "The order that loses has long stopped to gain on validation"
    return picture_of_training("HR@5 by epoch", "HR@5 of validation, percent", title)


def picture_of_ages() -> FigureData:
    """HR@5 in `pick` by how many steps before the purchase the formal garment lies."""
    table = runs("long")
    table = table[table["world"] == "pick"]
    panels = []
    for model, orders in FIXED.items():
        drawn = []
        for order, plain in zip((*orders, GATE) if model == "mmsr" else orders, ("early", "late", GATE), strict=False):
            values = [mean_of(table, "pick", model, order, f"HR@5 at age {age}") for age in (1, 2, 3)]
            drawn.append((plain, look("sasrec", plain), [1, 2, 3], values))
        panels.append((f"{NAMES[model]}: steps back", "" if panels else "HR@5, percent", drawn))
    title = "Late fusion loses the formal garment with its age, early fusion hardly does"
    caption = "HR@5 on purchases of pick by the age of the decisive garment, means of five seeds"
    made = lines(panels)
    steps = tuple((float(age), str(age)) for age in (1, 2, 3))
    made["panels"] = tuple(
        replace(one, x=replace(one.x, names=steps), y=replace(one.y, ends=(0.0, 105.0))) for one in made["panels"]
    )
    return FigureData(title=title, caption=caption, text=f"{title}.", height=280, **made)


def look(model: str, order: str) -> Look:
    """Colour by the order, dashes for GRU4Rec."""
    return Look(series(order, 2), dash="dash" if model == "gru4rec" else "solid")


@cache
def chance_when_displaced(world: str, seed: int = 0) -> float:
    """HR@5 of the world's own rule when texts trade places within each history, in percent.

    The rule of `pick` reads the look of a garment of the session that shows a formal text now, and guesses a look where
    none does; that of `clocks` reads the theme that stands at its place now. Rank ties within a group are no matter.
    """
    import torch

    from mmsr_lite.nn.displacement import Displacement

    data, parts = prepared(world, "full")
    look_of, theme_of, test = data.facts["look"], data.facts["theme"], parts.test
    history = torch.as_tensor(test.histories())
    shown = Displacement(["look", "theme"], "theme", rate=1.0, seed=seed)(history)[1].numpy()
    right = []
    for row, length, target in zip(range(len(history)), test.lengths, test.targets, strict=True):
        session = np.arange(length - 3, length)
        looks, themes = look_of[history[row, session].numpy()], theme_of[shown[row, session]]
        if world == "pick":
            formal = themes == 0
            hit = np.mean(looks[formal] == look_of[target]) if formal.any() else 1 / len(data.facts["looks"])
        else:
            hit = looks[0] == look_of[target] and themes[1] == theme_of[target]
        right.append(float(hit))
    return 100 * float(np.mean(right))


PICTURES = {"worlds-losses": picture_of_losses, "worlds-hits": picture_of_hits, "worlds-ages": picture_of_ages}


def main() -> None:
    """Print the tables, draw the pictures where a folder is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, metavar="DIR")
    args = parser.parse_args()
    for make in (student_rows, wall_rows, page_rows, shuffled_rows, capacity_rows, width_rows, displaced_rows):
        print(make.__name__, *make(), sep="\n", end="\n\n")
    if args.pictures:
        for name, make_one in PICTURES.items():
            Drawing(make_one()).save_svg(args.pictures / f"{name}.svg")


if __name__ == "__main__":
    main()
