"""When a training leaves the plain way of computing for a faster one.

On a GPU a training begins at once in the plain way, while other processes compile kernels. When these are ready, and
enough steps are left to save time, the next step is the first by kernels. The history record names that step in
`kernels_from`, so that the same training can be run again: `kernels="2:117"` changes over at exactly that step.
"""

import os
import re
import time
import warnings
from typing import Any

import numpy as np
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.device_examples import width_for
from mmsr_lite.evaluation.strategy import accelerator, choose_strategy
from mmsr_lite.records import HistoryRecord
from mmsr_lite.training.distributed import all_agree, first_here, size
from mmsr_lite.training.step import Step

VARIABLE = "MMSR_KERNELS"
COST = 0.7  # seconds that changing over takes: kernels are loaded and every width is recorded again
GAIN = 0.6  # the share of a plain step that kernels save, at least
CHOICES = "'auto', 'off', 'warm' or the epoch and step of an earlier run, as in '2:117'"


class Changeover:
    """Asked before each step; it changes the model's strategy when the time has come.

    Args:
        step: The training step.
        lengths: How many items each training history has (E,).
        steps: How many steps the whole training has.
        record: The history record; `kernels_from` is written there.
        wish: "auto": begin plainly, change over as soon as the kernels are compiled, if that is worth it.
            "off": stay plain. "warm": compile first, then begin. "E:S": change over before step S (from 0) of epoch E
            (from 1), and wait for the kernels there if they are not compiled yet.
            None: what the environment variable MMSR_KERNELS says, "auto" without it.

    Raises:
        MMSRError: `wish` is none of these.
    """

    def __init__(self, step: Step, lengths: np.ndarray, steps: int, record: HistoryRecord, wish: str | None = None):
        self.step, self.steps, self.record = step, steps, record
        self.wish, self.moment = read_wish(wish)
        self.began, self.plain_steps, self.preparation = time.perf_counter(), 0, None
        module = None
        if self.wish != "off":
            module = accelerator(step.device)
        if module is not None:
            widths = sorted({width_for(int(longest), step.device) for longest in np.unique(lengths)})
            try:
                self.preparation = module.prepare(step, widths, compiles=first_here())
            except Exception as error:  # another version of Triton, a machine without room for its cache
                self._stay_plain(error)
        if not all_agree(self.preparation is not None):
            self.close()
        if self.preparation is not None and (self.wish == "warm" or "kernels_from" in record):
            self.preparation.wait()  # also a resumed training goes on by kernels, so that its record stays true

    def before(self, epoch: int, number: int, steps_done: int) -> None:
        """Change over if the time has come.

        Args:
            epoch: The epoch, from 1.
            number: The step within the epoch, from 0.
            steps_done: How many steps of the whole training are done.
        """
        if self.preparation is None:
            return
        if self.moment is not None:
            if self.moment <= (epoch, number):
                self.preparation.wait()
                self._change(epoch, number)
        elif self._may_change(number) and self._all_ready(self.preparation, steps_done):
            self._change(epoch, number)
        self.plain_steps += 1

    def _may_change(self, number: int) -> bool:
        """Several processes must agree, which costs a message, so they ask each other once an epoch."""
        return size() == 1 or number == 0

    def _all_ready(self, preparation: Any, steps_done: int) -> bool:
        ready = preparation.ready() or preparation.failed()
        return all_agree(ready and (self.plain_steps == 0 or self._worth_it(steps_done)))

    def _worth_it(self, steps_done: int) -> bool:
        """Whether the steps that are left will save more time than changing over takes."""
        seconds_a_step = (time.perf_counter() - self.began) / self.plain_steps
        return (self.steps - steps_done) * seconds_a_step * GAIN > COST

    def _change(self, epoch: int, number: int) -> None:
        preparation: Any = self.preparation
        self.preparation = None
        if not all_agree(not preparation.failed()):
            self._stay_plain(preparation.error)
            return
        preparation.strategy.adopt(self.step.model)
        choose_strategy(self.step.model, preparation.strategy)
        self.step.forget()
        self.record.setdefault("kernels_from", {"epoch": epoch, "step": number})
        self.record["kernels_compiled"] = {"kernels": preparation.compiled, "seconds": preparation.seconds}

    def _stay_plain(self, error: Any) -> None:
        warnings.warn(f"Triton's kernels do not work here, so steps take longer: {error}", stacklevel=2)

    def close(self) -> None:
        """End the compilation if it still runs; what it made stays in Triton's cache."""
        if self.preparation is not None:
            self.preparation.stop()
            self.preparation = None


def read_wish(wish: str | None) -> tuple[str, tuple[int, int] | None]:
    """What a wish for kernels says.

    Args:
        wish: "auto", "off", "warm", or an epoch and a step such as "2:117"; None: what MMSR_KERNELS says, else "auto".

    Returns:
        The word, "at" for a moment, and the epoch (from 1) and the step (from 0) of that moment.

    Raises:
        MMSRError: it is none of these.

    Example:
        >>> read_wish("warm"), read_wish("2:117")
        (('warm', None), ('at', (2, 117)))
    """
    wish = wish or os.environ.get(VARIABLE) or "auto"
    if wish in ("auto", "off", "warm"):
        return wish, None
    named = re.fullmatch(r"(\d+):(\d+)", wish)
    if named is None:
        raise MMSRError(f"kernels is {wish!r}; expected {CHOICES} (argument `kernels`, or variable {VARIABLE})")
    return "at", (int(named[1]), int(named[2]))


def where(device: torch.device) -> str:
    """How a sentence names the device.

    Args:
        device: where a training runs.

    Returns:
        The words.

    Example:
        >>> where(torch.device("cpu")).startswith("cpu (")
        True
    """
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return f"cuda:{index} ({torch.cuda.get_device_name(index)})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'' if threads == 1 else 's'})"
