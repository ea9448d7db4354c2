"""Exercises of notebook 14: what travels between GPUs, the steps of an epoch, and what a test set can tell apart."""

import math

from mmsr_lite.course.check import Exercise

ITEMS, DIM, EXAMPLES, TARGETS = 12_101, 128, 142_197, 33_942  # Amazon Beauty
MEGABYTES = (ITEMS + 1) * DIM * 4 / 1e6
ERROR = math.sqrt(7.6 * (100 - 7.6) / TARGETS)

EXERCISES = (
    Exercise(
        "14.1",
        lambda: MEGABYTES,
        "at 100 GB a second less than a tenth of a millisecond, and waiting for each other on top.",
        (
            (MEGABYTES / 4, "close: those are the numbers; each takes 4 bytes."),
            (8 * MEGABYTES, "those are bits; a byte has 8."),
            (lambda given: given > 1e6, "close: those are bytes; divide by a million."),
        ),
        minutes=3,
    ),
    Exercise(
        "14.2",
        lambda: math.ceil(EXAMPLES / 512),
        "the batch is that of all processes together, so their number changes nothing but the time.",
        (
            (EXAMPLES // 512, "close: the last batch is smaller, but it is a step."),
            (lambda given: given in (69, 70), "the batch is that of all four together."),
            (math.ceil(EXAMPLES / 128), "each process has 128 of every batch, but all four step together."),
        ),
        minutes=3,
    ),
    Exercise(
        "14.3",
        lambda: ERROR,
        "so a difference of 0.1 between two runs is nothing to write home about; over paired users one can tell more.",
        (
            (ERROR**2, "close: that is the variance; take the root."),
            (ERROR / 100, "close: that is the share; points are percent."),
            (math.sqrt(7.6 * 92.4), "that is of a single target; divide by their number under the root."),
        ),
        within=0.002,
        level="medium",
        minutes=4,
    ),
)
