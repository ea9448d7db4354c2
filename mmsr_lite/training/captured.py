"""The training step on a GPU: recorded once for each shape of batch, as a CUDA graph, and then replayed.

A step has some hundreds of small kernels, and to launch them one by one takes longer than to run them. Shapes follow
from the width of the histories alone. The first step of a width runs normally, which also prepares what may not happen
during a recording. The second step is recorded, and all later ones are replays.
"""

import torch
from torch import Tensor

from mmsr_lite.training.step import Step


class CapturedStep(Step):
    """A `Step` that records its work on a CUDA device once for each shape, and then replays it.

    It is for models whose shapes do not depend on the data (`model.static_shapes`). The learning rate and the steps of
    AdamW are kept on the device, so that a replay reads their present values.

    Args:
        arguments: the arguments of `Step`.
        options: its named arguments.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.stream = torch.cuda.Stream()
        self.forget()

    def make_optimiser(self, lr: float, weight_decay: float) -> torch.optim.AdamW:
        """AdamW with its learning rate and state on the device."""
        learned = [weight for weight in self.model.parameters() if weight.requires_grad]
        rate = torch.tensor(lr, device=self.device)
        return torch.optim.AdamW(learned, lr=rate, weight_decay=weight_decay, fused=True, capturable=True)

    def forget(self) -> None:
        """Drop all recorded steps, and free their memory."""
        self.graphs: dict[tuple[int, int, int], tuple[torch.cuda.CUDAGraph, Tensor] | None] = {}
        self.pool = torch.cuda.graph_pool_handle()

    def __call__(self, rows: Tensor, width: int, lr: float, of: int | None = None) -> None:
        """Train on some examples, as `Step` does; by a replay where a step of the same shape was recorded."""
        shape = (len(rows), width, of or len(rows))
        self.optimiser.param_groups[0]["lr"].fill_(lr)
        recorded = self.graphs.get(shape)
        if recorded is not None:
            graph, own_rows = recorded
            own_rows.copy_(rows)
            graph.replay()
            return
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            if shape in self.graphs:
                self._record(rows, shape)
            else:
                self.compute(rows, width, shape[2])
                self.graphs[shape] = None
        torch.cuda.current_stream().wait_stream(self.stream)

    def _record(self, rows: Tensor, shape: tuple[int, int, int]) -> None:
        graph, own_rows = torch.cuda.CUDAGraph(), rows.clone()
        # NCCL reads its events in a thread of its own, which must not end the recording
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream, capture_error_mode="thread_local"):
            self.compute(own_rows, *shape[1:])
        self.graphs[shape] = graph, own_rows
        graph.replay()
