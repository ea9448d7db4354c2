"""Exercises of notebook 11: what a gate costs, what a variant cannot know, and what an ablation adds up."""

from functools import cache

import pandas as pd

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored_file
from mmsr_lite.nn.gate import UpdateGate

WIDTH = 32


@cache
def parameters(biases: bool = True) -> int:
    """Parameters of one update gate at D = 32."""
    return sum(p.numel() for name, p in UpdateGate(WIDTH).named_parameters() if biases or "bias" not in name)


@cache
def means() -> tuple[float, float, float]:
    """HR@5 in the world of sequences with true codes, with shuffled ones and without any: means over seeds."""
    known = pd.read_csv(stored_file("benchmarks/results/planted_truth.csv"))
    control = pd.read_csv(stored_file("benchmarks/results/planted_control.csv"))
    known, control = (table[table["world"] == "cycle"] for table in (known, control))
    by = known.groupby("modalities")["model"].mean()
    return float(by[True]), float(control["model"].mean()), float(by[False])


EXERCISES = (
    Exercise(
        "11.1",
        parameters,
        "2D x D weights and D biases, then D x 2 weights and 2 biases: the difference of HAN-GNN and NI(hohe).",
        (
            (lambda: parameters(biases=False), "close: the two maps have biases, too."),
            (2 * WIDTH * WIDTH + WIDTH, "that is its first map; a second makes two numbers of it."),
            (lambda: 2 * parameters(), "that is for two layers."),
        ),
    ),
    Exercise(
        "11.2",
        lambda: "ho",
        "items hear items and codes hear codes; the answer is read from an item.",
        (
            ("homogeneous", "close: that is the field's value; give the variant's name."),
            ("he", "there an item hears its own codes directly."),
            ("NI(heho)", "close: codes steer its weights, a little; look at the table."),
            ("he, attention", "there an item hears its own codes directly."),
        ),
        accepts=lambda given: given in ("ho", "ho, attention"),  # on a GCN or with attention
    ),
    Exercise(
        "11.3",
        lambda: means()[0] - means()[1],
        "the rest of what the ablation shows comes with codes that say nothing.",
        (
            (lambda: means()[0] - means()[2], "that is the whole ablation: codes or none."),
            (lambda: means()[1] - means()[2], "close: that is what codes bring that say nothing."),
            (lambda: means()[1] - means()[0], "close: true minus shuffled."),
        ),
        within=0.1,
    ),
)
