"""A rehearsal: one step for each width of history that launches no kernel, to learn which kernels must be compiled.

Everything except the kernels runs as in a real step, so the list is complete. What the step has changed (gradients, the
sum of losses, random numbers) is set back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from triton import knobs
from triton.backends.compiler import GPUTarget
from triton.runtime import driver

from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.evaluation.strategy import PLAIN, choose_strategy, strategy_of
from mmsr_lite.kernels.launch import launched_by
from mmsr_lite.kernels.programs.job import Job
from mmsr_lite.kernels.strategy import KernelStrategy
from mmsr_lite.training.step import Step

ROWS = 32  # examples of a rehearsed batch; no kernel depends on this number


class Rehearsal:
    """A replacement of `launch_now` that notes each kernel that this process has not compiled, and launches none.

    Args:
        target: the kind of GPU to compile for.

    Attributes:
        jobs: id -> what must be compiled.

    Example:
        >>> Rehearsal(GPUTarget("cuda", 90, 32)).jobs
        {}
    """

    def __init__(self, target: GPUTarget):
        self.target = target
        self.jobs: dict[str, Job] = {}

    def __call__(self, kernel: Any, *grid: int) -> Callable[..., None]:
        """A function that takes a kernel's arguments and notes what would be compiled for them."""

        def note(*arguments: Any, **options: Any) -> None:
            before = knobs.runtime.jit_cache_hook
            knobs.runtime.jit_cache_hook = self._keep
            try:
                with _no_driver(self.target):
                    kernel.warmup(*arguments, grid=grid, **options)
            finally:
                knobs.runtime.jit_cache_hook = before

        return note

    def _keep(self, *, fn, compile, **_: Any) -> bool:
        """Triton calls this before it compiles; True tells it not to."""
        job = Job.of(fn.jit_function, compile, self.target)
        self.jobs[job.id] = job
        return True


@contextmanager
def _no_driver(target: GPUTarget) -> Iterator[None]:
    """Within the block, Triton takes a GPU of this kind for granted; making a driver would take a C compiler."""
    before = driver._active
    driver.set_active(
        SimpleNamespace(
            get_current_device=_current_device,
            get_current_stream=lambda device: 0,
            get_current_target=lambda: target,
        )
    )
    try:
        yield
    finally:
        driver.set_active(before)


def _current_device() -> int:
    """The number of the current GPU; 0 where there is none."""
    return torch.cuda.current_device() if torch.cuda.is_available() else 0


def gpu_target(device: torch.device) -> GPUTarget:
    """The kind of a GPU, as Triton names it.

    Args:
        device: a CUDA device.

    Returns:
        Backend, architecture and warp size.

    Example:
        >>> from unittest.mock import patch
        >>> with patch("torch.cuda.get_device_capability", return_value=(9, 0)):  # an H200
        ...     gpu_target(torch.device("cuda"))
        GPUTarget(backend='cuda', arch=90, warp_size=32)
    """
    major, minor = torch.cuda.get_device_capability(device)
    return GPUTarget("cuda", 10 * major + minor, 32)


class RehearsedStrategy(KernelStrategy):
    """The strategy of kernels, none of which runs; batches are gathered the plain way, since a step needs real items.

    Example:
        >>> RehearsedStrategy().name
        'kernels'
    """

    def batch(self, examples: DeviceExamples, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Note the kernel that would gather the batch, and gather it without."""
        super().batch(examples, rows, width)
        return PLAIN.batch(examples, rows, width)


def missing_kernels(step: Step, widths: list[int], target: GPUTarget | None = None) -> list[Job]:
    """The kernels that training steps and rankings need and that this process has not compiled.

    Args:
        step: the training step; its model keeps its weights, and loses its gradients.
        widths: the widths L of histories that will occur.
        target: the kind of GPU; None (the default): that of the step's device.

    Returns:
        The kernels, each once.

    Example:
        >>> import numpy as np
        >>> from mmsr_lite.data.split import Examples
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> some = Examples(np.array([3, 1, 3]), np.array([0, 0]), np.array([1, 2]), np.array([0, 0]))
        >>> examples = DeviceExamples(some, torch.device("cpu"))
        >>> step = Step(MMSR(MMSRConfig(dim=8), num_items=9), examples, lr=0.01, weight_decay=0.0, clip=5.0)
        >>> missing_kernels(step, [2], GPUTarget("cuda", 90, 32))  # on a CPU a step needs none
        []
    """
    model, rehearsal = step.model, Rehearsal(target or gpu_target(step.device))
    before, was_training, strategy = strategy_of(model), model.training, RehearsedStrategy()
    on_gpu = step.device.type == "cuda"
    random = torch.cuda.get_rng_state(step.device) if on_gpu else torch.get_rng_state()
    rows = torch.arange(min(ROWS, len(step.examples.end)), device=step.device)
    choose_strategy(model, strategy)
    try:
        with launched_by(rehearsal):
            for width in widths:
                model.train()
                step.backward(rows, width, len(rows))
                strategy.update(step.optimiser, step.clip)
                model.eval()
                with torch.no_grad():
                    strategy.scores(model, strategy.batch(step.examples, rows, width)[0])
    finally:
        choose_strategy(model, before)
        model.train(was_training)
        step.optimiser.zero_grad(set_to_none=True)
        step.total.zero_()
        if on_gpu:
            torch.cuda.set_rng_state(random, step.device)
        else:
            torch.set_rng_state(random)
    return list(rehearsal.jobs.values())
