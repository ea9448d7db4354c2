"""Full ranking: the place of the target among all items, in batches, so that the scores of all users are never held."""

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from tqdm.auto import tqdm

from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.strategy import strategy_of
from mmsr_lite.models.base import Recommender

SCORES = 2**25  # held at once while ranking: 128 MiB of float32


def rank_of(scores: Tensor, target: Tensor) -> Tensor:
    """The rank of each target among all items, 1 being best; ties share their mean rank, and a NaN never helps.

    Args:
        scores: (B, V+1), item 0 having -inf.
        target: (B,) items.

    Returns:
        Ranks (B,).

    Example:
        >>> rank_of(torch.tensor([[-torch.inf, 2., 3., 2.]]), torch.tensor([1])).item()   # 2nd and 3rd place tie
        2.5
    """
    own = scores.gather(1, target[:, None])  # (B, 1)
    above = (~(scores <= own)).sum(1)  # (B,)
    level = (scores == own).sum(1)  # (B,) with the target itself
    return 1 + above + (level - 1) / 2


@torch.no_grad()
def ranks(model: Recommender, examples: Examples, *, batch: int | None = None, progress: bool = False) -> np.ndarray:
    """The rank of each example's target among all items, those of the history included.

    When several processes train together all must call this; each ranks its share, and all get all ranks.

    Args:
        model: The model; it keeps its mode (training or not).
        examples: E examples.
        batch: How many histories are scored at once; None: as many as keep the scores near 128 MiB.
        progress: Whether to show a progress bar.

    Returns:
        Ranks (E,), 1 being best.

    Raises:
        MMSRError: There are no examples.
    """
    if not len(examples):
        raise MMSRError("there are no examples to rank; give users at least five interactions, or a larger test_share")
    device = next((p.device for p in [*model.parameters(), *model.buffers()]), torch.device("cpu"))
    most = 256 if device.type == "cpu" else 2048  # a CPU's cache is small; a GPU takes long to start work
    batch = batch or max(16, min(most, SCORES // int(examples.items.max(initial=1))))
    on_device, lengths, strategy = DeviceExamples(examples, device), examples.lengths, strategy_of(model)
    order = np.argsort(lengths, kind="stable")  # alike lengths together: little padding
    rows = torch.from_numpy(order).to(device)
    sorted_ranks, was_training = torch.zeros(len(order), device=device), model.training
    mine, size = 0, 1
    if dist.is_initialized():
        mine, size = dist.get_rank(), dist.get_world_size()
    model.eval()
    begins = range(mine * batch, len(order), size * batch)
    for begin in tqdm(begins, "rank", disable=not progress or mine > 0):
        some = slice(begin, begin + batch)
        width = width_for(lengths[order[some][-1]], device)  # the last history is the longest
        history, target = strategy.batch(on_device, rows[some], width)
        sorted_ranks[some] = rank_of(strategy.scores(model, history), target)
    model.train(was_training)
    if size > 1:
        dist.all_reduce(sorted_ranks)  # the others have 0 there, so the sum is exact
    result = np.empty(len(examples))
    result[order] = sorted_ranks.cpu().numpy()
    return result


def evaluate(model: Recommender, examples: Examples, *, progress: bool = False) -> dict[str, float]:
    """HR@K, MRR@K and NDCG@K of the full ranking, in percent (paper, section 5, "Evaluation Protocol")."""
    return metrics(ranks(model, examples, progress=progress))
