"""What torchrun starts twice in test_distributed.py, `two_processes.py OUT WORDS...`: `python -m mmsr_lite WORDS...`
that first trains undisturbed and writes what it saw to OUT, then trains again and loses its second process in epoch 3.
"""

import os
import runpy
import signal
import sys

import torch

from mmsr_lite.data.storage import write_json
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.training.distributed import add_up, rank, size
from mmsr_lite.training.runs import Run
from mmsr_lite.training.step import Step
from mmsr_lite.training.weights import save_tensors

learn, take_loss = Run.learn, Step.take_loss


def two_times(run, *, folder, **how):
    record, model = learn(run, **how | {"progress": False}), run.model
    sums = [torch.full((2,), 1.0 + rank()), torch.full((2**20 + 1,), 10.0 ** rank())]  # a small one and a large one
    add_up(sums)
    facts = {"record": record, "ranks": ranks(model, run.split.test, batch=3)}
    facts |= {"seed": torch.initial_seed(), "size": size(), "sums": [[float(s.min()), float(s.max())] for s in sums]}
    write_json(f"{OUT}/facts-{rank()}.json", facts)
    save_tensors(f"{OUT}/model-{rank()}.safetensors", model.state_dict())
    epochs = iter(range(1, 9))

    def lost(step):
        if next(epochs) == 3 and rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return take_loss(step)

    Step.take_loss = lost
    return learn(run, folder=folder, **how)


if __name__ == "__main__":
    Run.learn, OUT = two_times, sys.argv.pop(1)
    runpy.run_module("mmsr_lite", run_name="__main__")
