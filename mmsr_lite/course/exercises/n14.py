"""Exercises of notebook 14: what travels between GPUs, steps of an epoch, what a test set can tell apart, a plan."""

import math
from typing import Any

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case
from mmsr_lite.course.texts import fault_of_text

ITEMS, DIM, EXAMPLES, TARGETS = 12_101, 128, 142_197, 33_942  # Amazon Beauty
MEGABYTES = (ITEMS + 1) * DIM * 4 / 1e6
ERROR = math.sqrt(7.6 * (100 - 7.6) / TARGETS)


def steps(examples: int, batch: int, processes: int) -> int:
    """Count the steps of an epoch.

    Args:
        examples: the number of training examples.
        batch: the batch of all processes together.
        processes: the number of processes; it changes nothing.

    Returns:
        The number of steps; the last one may have a smaller batch.

    Example:
        >>> steps(1025, 512, 4)
        3
    """
    return math.ceil(examples / batch)


def said_of_steps(found: Any) -> str:
    """What is wrong with the steps of Amazon Beauty for a batch of 512 in four processes.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_steps(EXAMPLES // 512)
        'close: the last batch is smaller, but it is a step.'
    """
    for wrong, sentence in (
        (EXAMPLES // 512, "close: the last batch is smaller, but it is a step."),
        (math.ceil(EXAMPLES / 512 / 4), "the batch is that of all four together."),
        (math.ceil(EXAMPLES / 128), "each process has 128 of every batch, but all four step together."),
    ):
        if found == wrong:
            return sentence
    return f"{EXAMPLES:,} examples in batches of 512: divide, and count a last smaller batch as well."


POINTS = {  # what a fair answer names
    "where the time goes": r"travel|wait|gradient|millisecond|short|communicat",
    "one run on each": r"one run|each gpu|several runs|seeds|runs",
    "when it would help": r"batch|longer|more items|histories",
}
ANSWER = (
    "It will hardly be faster: a step of Beauty is shorter than a millisecond with this batch, and after each step the "
    "gradient of the item table travels to all GPUs. I would train one run on each GPU, such as eight seeds. With a "
    "much larger batch or more items a step is long; then measure two GPUs first."
)
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
        lambda: steps,
        "the batch is that of all processes together, so their number changes nothing but the time.",
        cases=(
            Case(lambda: (EXAMPLES, 512, 4), lambda found: found == steps(EXAMPLES, 512, 4), said_of_steps),
            Case(lambda: (1024, 512, 1), lambda found: found == 2, "where the batch divides them, add nothing."),
        ),
        asks="function",
        minutes=5,
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
    Exercise(
        "14.4",
        lambda: ANSWER,
        "it says where the time goes, and what several GPUs are good for; whether it convinces, ask a partner.",
        ((lambda given: isinstance(given, str), lambda given: str(fault_of_text(given, 40, 100, POINTS))),),
        accepts=lambda given: fault_of_text(given, 40, 100, POINTS) is None,
        asks="argument",
        level="medium",
        minutes=8,
    ),
)
