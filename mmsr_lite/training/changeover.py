"""When a training changes from the plain way of computing to a faster one.

On a GPU, a training begins at once in the plain way, while other processes compile kernels. When these are ready, and
enough steps are left to save time, the next step is the first one by kernels. The history record names this step in
`kernels_from`, so that the same training can be repeated: `kernels="2:117"` changes over at exactly this step.
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
COST = 0.7  # seconds that the change takes: kernels are loaded, and each width is recorded again
GAIN = 0.6  # the share of the time of a plain step that kernels save, at least
CHOICES = "'auto', 'off', 'warm' or the epoch and step of an earlier run, as in '2:117'"


class Changeover:
    """Changes the strategy of a model at the right step; it is called before each step.

    Args:
        step: the training step.
        lengths: (E,) the number of items of each training history.
        steps: the number of steps of the whole training.
        record: the history record, in which `kernels_from` is written.
        wish: when to change. "auto": as soon as the kernels are compiled, if it saves time. "off": never. "warm":
            before the first step, after all kernels are compiled. "E:S": before step S (from 0) of epoch E (from 1),
            after waiting for the kernels if necessary. None (the default): what the environment variable MMSR_KERNELS
            says, or "auto".

    Raises:
        MMSRError: `wish` is none of these.

    Example:
        >>> never = Changeover(None, np.array([3]), steps=10, record={}, wish="off")
        >>> never.before(epoch=1, number=0, steps_done=0)  # nothing to change
        >>> never.preparation is None
        True
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
            self.preparation.wait()  # a resumed training goes on by kernels, so that its record stays true

    def before(self, epoch: int, number: int, steps_done: int) -> None:
        """Change the strategy if this is the right step.

        Args:
            epoch: the epoch, from 1.
            number: the step within the epoch, from 0.
            steps_done: the number of steps of the whole training that are done.
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
        """Whether the remaining steps will save more time than the change takes."""
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
        """End the compilation if it still runs; compiled kernels stay in Triton's cache."""
        if self.preparation is not None:
            self.preparation.stop()
            self.preparation = None


def read_wish(wish: str | None) -> tuple[str, tuple[int, int] | None]:
    """Read a wish for kernels.

    Args:
        wish: "auto", "off", "warm", or an epoch and a step such as "2:117"; None: what MMSR_KERNELS says, or "auto".

    Returns:
        The word, which is "at" for an epoch and a step; and the epoch (from 1) and step (from 0).

    Raises:
        MMSRError: the wish is none of these.

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
    """The name of a device in a sentence.

    Args:
        device: the device of a training.

    Returns:
        The name, in words.

    Example:
        >>> where(torch.device("cpu")).startswith("cpu (")
        True
    """
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        return f"cuda:{index} ({torch.cuda.get_device_name(index)})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'' if threads == 1 else 's'})"
