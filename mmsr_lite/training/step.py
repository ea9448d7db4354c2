"""One training step: gather, build the graphs, forward, backward, clip, Adam; on a GPU one CUDA graph for each width.

A step is some hundreds of small kernels, and launching them one by one takes longer than running them. Shapes follow
from the width of the histories alone, so the second step of a width is captured and all later ones are replays.
"""

from contextlib import nullcontext

import torch
from torch import Tensor, nn

from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.kernels import fusable
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.softmax import Negatives, sampled
from mmsr_lite.training.distributed import add_up


class Step:
    """`step(rows, width, lr)` trains `model` on rows of the feed; `take_loss()` sums up the losses since last asked.

    `autocast` is the dtype of matrix products, None for that of the weights; `negatives` as in `TrainConfig`.
    """

    def __init__(
        self,
        model: Recommender,
        feed: DeviceExamples,
        lr: float,
        weight_decay: float,
        clip: float,
        autocast: torch.dtype | None = None,
        negatives: int = 0,
    ):
        self.model, self.feed, self.clip, self.autocast = model, feed, clip, autocast
        self.device = feed.items.device
        self.nobody = torch.zeros(1, dtype=torch.long, device=self.device)  # stands for an empty share
        self.negatives = None
        if negatives:
            self.negatives = Negatives.of(feed.items[feed.end], len(model.item_table()) - 1, negatives)
        self.captures = self.device.type == "cuda" and model.static_shapes
        if self.captures and fusable(feed.items):
            from mmsr_lite.kernels.loss import roomy  # needs triton

            for table in (part.weight for part in model.modules() if isinstance(part, nn.Embedding)):
                table.data = roomy(table.data)
        self.optimiser = torch.optim.AdamW(
            [p for p in model.parameters() if p.requires_grad],
            lr=torch.tensor(lr, device=self.device) if self.captures else lr,
            weight_decay=weight_decay,
            fused=True,
            capturable=self.captures,
        )
        self.total = torch.zeros((), device=self.device)
        self.stream = torch.cuda.Stream() if self.captures else None
        self.graphs: dict[tuple[int, int, int], tuple[torch.cuda.CUDAGraph, Tensor] | None] = {}
        self.pool = torch.cuda.graph_pool_handle() if self.captures else None

    def __call__(self, rows: Tensor, width: int, lr: float, of: int | None = None) -> None:
        """Train on `rows` (B,), none of whose histories is longer than `width`; `of` counts those of all processes."""
        shape = (len(rows), width, of or len(rows))
        if not self.captures:
            self.optimiser.param_groups[0]["lr"] = lr
            return self._step(rows, *shape[1:])
        self.optimiser.param_groups[0]["lr"].fill_(lr)
        if (captured := self.graphs.get(shape)) is not None:
            graph, held = captured
            held.copy_(rows)
            return graph.replay()
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            if shape not in self.graphs:  # the first step of a shape also warms up what the capture must not do
                self.graphs[shape] = None
                self._step(rows, *shape[1:])
            else:
                graph, held = torch.cuda.CUDAGraph(), rows.clone()
                # NCCL looks at its events from a thread of its own, which must not end the capture
                with torch.cuda.graph(graph, pool=self.pool, stream=self.stream, capture_error_mode="thread_local"):
                    self._step(held, *shape[1:])
                self.graphs[shape] = graph, held
                graph.replay()
        torch.cuda.current_stream().wait_stream(self.stream)

    def _step(self, rows: Tensor, width: int, of: int) -> None:
        history, target = self.feed(rows if len(rows) else self.nobody, width)
        self.optimiser.zero_grad(set_to_none=True)
        cast = self.autocast is not None
        with (
            torch.autocast(self.device.type, self.autocast, cache_enabled=False) if cast else nullcontext(),
            sampled(self.negatives) if self.negatives is not None else nullcontext(),
        ):
            loss = self.model.loss(history, target)
        loss = loss if len(rows) == of else loss * (len(rows) / of)  # this process's part of the mean
        loss.backward()
        add_up([p.grad for p in self.model.parameters() if p.grad is not None])
        self.total.add_(loss.detach(), alpha=of)
        if self.captures and fusable(self.total):
            from mmsr_lite.kernels.adam import clipped_step  # needs triton

            return clipped_step(self.optimiser, self.clip)
        norms = torch._foreach_norm([p.grad for p in self.model.parameters() if p.grad is not None])
        self.optimiser.grad_scale = (torch.stack(norms).norm() / self.clip).clamp_min(1)
        self.optimiser.step()  # divides by that, in the pass that it makes anyway

    def take_loss(self) -> float:
        """The sum of the losses of all examples, of all processes, since last asked; waits for the device."""
        add_up([self.total])
        total = float(self.total)
        self.total.zero_()
        return total
