"""Clip by the norm of all gradients and update all weights by AdamW, in two kernels over all tensors together."""

import torch
import triton

from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import adam as programs

BLOCK = 4096  # values of one program


def clipped_step(optimiser: torch.optim.AdamW, clip: float) -> None:
    """Do what `clip_grad_norm_` and `optimiser.step()` do to weights and state, in float32.

    Gradients are not changed, while `clip_grad_norm_` scales them.

    Args:
        optimiser: the optimiser, with one group of parameters on a GPU, whose learning rate is a tensor there.
        clip: the largest norm of all gradients together.

    Example:
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> def note(kernel, *grid): return lambda *arguments, **options: print(kernel.__name__, grid)
        >>> weight = torch.nn.Parameter(torch.ones(3))
        >>> weight.grad = torch.ones(3)
        >>> optimiser = torch.optim.AdamW([weight], lr=torch.tensor(0.1))
        >>> with launched_by(note): clipped_step(optimiser, clip=5.0)  # on a GPU these two would run
        squares (1,)
        adamw (1,)
    """
    (group,) = optimiser.param_groups
    weights = [weight for weight in group["params"] if weight.grad is not None]
    gradients = [weight.grad.contiguous() for weight in weights]
    for weight in weights:
        if not (state := optimiser.state[weight]):
            state["step"] = torch.zeros((), device=weight.device)
            state |= {name: torch.zeros_like(weight) for name in ("exp_avg", "exp_avg_sq")}
    slots = [[optimiser.state[weight][name] for weight in weights] for name in ("exp_avg", "exp_avg_sq", "step")]
    means, squares, steps = slots
    sizes = tuple(weight.numel() for weight in weights)
    count = sum(triton.cdiv(size, BLOCK) for size in sizes)
    aligned = all(tensor.data_ptr() % 16 == 0 for tensor in (*weights, *gradients, *means, *squares))
    (one, two), data = group["betas"], tuple(weight.detach() for weight in weights)
    how = {"SIZES": sizes, "BLOCK": BLOCK, "ALIGN": 16 if aligned else 4, "B1": one, "B2": two}
    parts, factors = data[0].new_empty(count), data[0].new_empty(2 * len(sizes))
    launch = current_launch()
    launch(programs.squares, count)(tuple(gradients), tuple(steps), parts, factors, **how)
    launch(programs.adamw, count)(
        data, tuple(gradients), tuple(means), tuple(squares), parts, factors, group["lr"], clip,
        group["weight_decay"], group["eps"], PARTS=triton.next_power_of_2(count), **how,
    )  # fmt: skip
