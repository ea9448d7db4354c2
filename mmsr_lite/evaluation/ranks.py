"""Full ranking: where the target stands among all items, in chunks, so that no users x items matrix is ever held."""

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from tqdm.auto import tqdm

from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.models.base import Recommender

SCORES = 2**25  # held at once while ranking


def rank_of(scores: Tensor, target: Tensor) -> Tensor:
    """(B,) rank of `target` (B,) in `scores` (B, V+1), 1 being best; ties share their mean rank; a NaN never helps.

    >>> rank_of(torch.tensor([[-torch.inf, 2., 3., 2.]]), torch.tensor([1])).item()   # 2nd and 3rd place tie
    2.5
    """
    own = scores.gather(1, target[:, None])
    above, level = (~(scores <= own)).sum(1), (scores == own).sum(1)
    return 1 + above + (level - 1) / 2


@torch.no_grad()
def ranks(model: Recommender, examples: Examples, *, batch: int | None = None, progress: bool = False) -> np.ndarray:
    """(E,) rank of each example's target among all items, seen ones included.

    `batch` histories are scored at once; None: as many as keep the scores near 128 MiB. When several processes train
    together all must ask; each scores its share of these batches and all get all ranks, the same as one process finds.
    """
    if not len(examples):
        raise MMSRError("there are no examples to rank; give users at least five interactions, or a larger test_share")
    device = next((p.device for p in [*model.parameters(), *model.buffers()]), torch.device("cpu"))
    most = 256 if device.type == "cpu" else 2048  # a CPU's cache holds little, a GPU's launches take long
    batch = batch or max(16, min(most, SCORES // int(examples.items.max(initial=1))))
    feed, lengths = DeviceExamples(examples, device), examples.lengths
    order = np.argsort(lengths, kind="stable")  # alike lengths together: little padding
    rows = torch.from_numpy(order).to(device)
    found, was_training = torch.zeros(len(order), device=device), model.training
    mine, size = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    model.eval()
    begins = range(mine * batch, len(order), size * batch)
    for begin in tqdm(begins, "rank", disable=not progress or mine > 0):
        some = slice(begin, begin + batch)
        history, target = feed(rows[some], width_for(lengths[order[some][-1]], device))  # the last is the longest
        found[some] = rank_of(model.scores(history), target)
    model.train(was_training)
    if size > 1:
        dist.all_reduce(found)  # the others have 0 there, so the sum is exact
    result = np.empty(len(examples))
    result[order] = found.cpu().numpy()
    return result


def evaluate(model: Recommender, examples: Examples, *, progress: bool = False) -> dict[str, float]:
    """HR@K, MRR@K and NDCG@K of the full ranking, in percent."""
    return metrics(ranks(model, examples, progress=progress))
