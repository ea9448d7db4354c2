"""Full ranking: the place of the target among all items, computed in batches to limit memory.

Each target gets two ranks: among all items, as in the paper, and with the user's own items masked; see `rankings.py`.
"""

from collections.abc import Callable

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from tqdm.auto import tqdm

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.rankings import RANKINGS, OwnItems, candidates_of, flat_metrics, rank_among, rank_in_both
from mmsr_lite.evaluation.strategy import strategy_of
from mmsr_lite.models.base import Recommender

SCORES = 2**25  # how many scores are in memory at once while ranking: 128 MiB of float32


def rank_of(scores: Tensor, target: Tensor) -> Tensor:
    """The rank of each target among all items; 1 is the best.

    Equal scores share the mean of their ranks, and a score that is NaN never helps.

    Args:
        scores: (B, V+1) the score of each item; item 0 is the padding.
        target: (B,) the targets.

    Returns:
        (B,) ranks, whole numbers or halves.

    Example:
        >>> rank_of(torch.tensor([[-torch.inf, 2., 3., 2.]]), torch.tensor([1])).item()  # 2nd and 3rd place tie
        2.5
    """
    return rank_in_both(scores, target, target.new_zeros(len(target), 0))[0]


def both_ranks(
    model: Recommender, examples: Examples, *, batch: int | None = None, progress: bool = False
) -> dict[str, np.ndarray]:
    """The ranks of all targets, among all items and with the user's own items masked.

    When several processes train together, all must call this. Each scores its share of the batches, and all get the
    ranks of all, which equal those of a single process.

    Args:
        model: any recommender; its mode (training or not) is the same afterwards.
        examples: E examples.
        batch: how many histories are scored at once; None (the default): as many as have about 128 MiB of scores.
        progress: whether to show a bar.

    Returns:
        "all" and "masked" -> (E,) ranks; 1 is the best, and equal scores share the mean of their places. A target that
        its user has already taken is masked too, so it is at the end of the masked ranking: a miss.

    Raises:
        MMSRError: there are no examples.

    Example:
        >>> from mmsr_lite.models import MODELS
        >>> one = Examples(np.array([1, 2]), np.array([0]), np.array([1]), np.array([0]))
        >>> popular = MODELS["popularity"](MODELS["popularity"].Config(), 3)
        >>> popular.count(one)
        >>> both_ranks(popular, one)["all"].tolist()
        [1.0]
    """
    device = _device_of(model)
    own_items = OwnItems(examples, device)

    def rank(scores: Tensor, target: Tensor, rows: Tensor, numbers: np.ndarray) -> Tensor:
        own = own_items(rows, int(own_items.counts[numbers].max()))
        return rank_in_both(scores, target, own)

    in_each = _in_batches(model, examples, rank, len(RANKINGS), own_items.counts, batch, progress)
    return dict(zip(RANKINGS, in_each, strict=True))


@checked(batch=(1, 10**9))
def ranks(
    model: Recommender,
    examples: Examples,
    *,
    ranking: str = "all",
    batch: int | None = None,
    progress: bool = False,
) -> np.ndarray:
    """The ranks of all targets in one ranking; `both_ranks` computes both with the same work.

    Args:
        model: any recommender.
        examples: E examples.
        ranking: "all" (among all items) or "masked" (the user's own items masked).
        batch: how many histories are scored at once; None (the default): as many as have about 128 MiB of scores.
        progress: whether to show a bar.

    Returns:
        (E,) ranks; 1 is the best.

    Raises:
        MMSRError: there are no examples, or no such ranking.

    Example:
        >>> from mmsr_lite.models.counting import Popularity, PopularityConfig
        >>> popularity = Popularity(PopularityConfig(), num_items=3)
        >>> some = Examples(np.array([1, 2, 2]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
        >>> popularity.count(some)  # both targets are item 2
        >>> ranks(popularity, some).tolist(), ranks(popularity, some, ranking="masked").tolist()
        ([1.0, 1.0], [1.0, 2.5])
    """
    choose("ranking", ranking, RANKINGS)
    return both_ranks(model, examples, batch=batch, progress=progress)[ranking]


def sampled_ranks(
    model: Recommender, examples: Examples, candidates: int, *, seed: int = 0, progress: bool = False
) -> np.ndarray:
    """The ranks of all targets among random items: only for comparison with papers that did so.

    A warning says why such ranks do not show which system is better (Krichene and Rendle, KDD 2020).

    Args:
        model: any recommender.
        examples: E examples.
        candidates: how many items are drawn for each example, from those that its user has not taken.
        seed: the seed of the draw; all systems get the same candidates.
        progress: whether to show a bar.

    Returns:
        (E,) ranks from 1 to `candidates` + 1.

    Raises:
        MMSRError: there are no examples, or fewer than `candidates` items are left for a user.

    Example:
        >>> from mmsr_lite.models import MODELS
        >>> one = Examples(np.array([1, 2]), np.array([0]), np.array([1]), np.array([0]))
        >>> popular = MODELS["popularity"](MODELS["popularity"].Config(), 3)
        >>> popular.count(one)
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     print(sampled_ranks(popular, one, candidates=1).tolist())
        [1.0]
    """
    drawn: list[np.ndarray] = []

    def rank(scores: Tensor, target: Tensor, rows: Tensor, numbers: np.ndarray) -> Tensor:
        if not drawn:  # the model's scores say how many items there are
            drawn.append(candidates_of(examples, scores.shape[1] - 1, candidates, seed))
        return rank_among(scores, target, torch.from_numpy(drawn[0][numbers]).to(scores.device))[None]

    return _in_batches(model, examples, rank, 1, np.zeros(len(examples)), None, progress)[0]


@checked(candidates=(1, 10**9), seed=SEED)
def evaluate(
    model: Recommender,
    examples: Examples,
    *,
    candidates: int | None = None,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, float]:
    """HR@K, MRR@K and NDCG@K of both full rankings, in percent.

    Args:
        model: any recommender.
        examples: E examples.
        candidates: also rank the target among so many random items, with a warning why that is not reliable; None: do
            not.
        seed: the seed of this draw.
        progress: whether to show a bar.

    Returns:
        `HR@5`, `MRR@5`, `NDCG@5`, `HR@20`, ... among all items; `masked HR@5`, ... with own items masked; with
        `candidates` also `sampled HR@5`, ...

    Raises:
        MMSRError: there are no examples, or fewer than `candidates` items are left for a user.

    Example:
        >>> from mmsr_lite.models.counting import Popularity, PopularityConfig
        >>> popularity = Popularity(PopularityConfig(), num_items=9)
        >>> some = Examples(np.array([1, 2, 2]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
        >>> popularity.count(some)
        >>> evaluate(popularity, some)["MRR@5"]
        100.0
    """
    ranks_of = both_ranks(model, examples, progress=progress)
    if candidates is not None:
        ranks_of["sampled"] = sampled_ranks(model, examples, candidates, seed=seed, progress=progress)
    return flat_metrics(ranks_of)


def _device_of(model: Recommender) -> torch.device:
    """The device of the first tensor of a model; the CPU for a model without tensors."""
    return next((tensor.device for tensor in [*model.parameters(), *model.buffers()]), torch.device("cpu"))


@torch.no_grad()
def _in_batches(
    model: Recommender,
    examples: Examples,
    rank: Callable[[Tensor, Tensor, Tensor, np.ndarray], Tensor],
    kinds: int,
    also_alike: np.ndarray,
    batch: int | None,
    progress: bool,
) -> np.ndarray:
    """Score all examples batch by batch and rank their targets.

    Args:
        model, examples, batch, progress: As in `both_ranks`.
        rank: Called with scores (B, V+1), target (B,), and the numbers of the examples (B,) as a tensor on the device
            and as an array; returns (kinds, B) ranks.
        kinds: How many kinds of ranks there are.
        also_alike: (E,) what else ought to be alike within a batch, beside the lengths of the histories.

    Returns:
        (kinds, E) ranks.
    """
    if not len(examples):
        raise MMSRError("there are no examples to rank; give users at least five interactions, or a larger test_share")
    device = _device_of(model)
    most = 256 if device.type == "cpu" else 2048  # the cache of a CPU is small; a GPU takes long to start a batch
    batch = batch or max(16, min(most, SCORES // int(examples.items.max(initial=1))))
    on_device = DeviceExamples(examples, device, steps=model.reads_steps)
    lengths, strategy = examples.lengths, strategy_of(model)
    order = np.lexsort((also_alike, lengths))  # similar lengths together need little padding
    rows = torch.from_numpy(order).to(device)
    was_training = model.training
    in_order = torch.zeros(kinds, len(order), device=device)  # the ranks in the order of the batches
    mine, size = 0, 1
    if dist.is_initialized():
        mine, size = dist.get_rank(), dist.get_world_size()
    model.eval()
    begins = range(mine * batch, len(order), size * batch)
    for begin in tqdm(begins, "rank", disable=not progress or mine > 0):
        some = slice(begin, begin + batch)
        width = width_for(lengths[order[some][-1]], device)  # the last history is the longest
        history, target = strategy.batch(on_device, rows[some], width)
        in_order[:, some] = rank(strategy.scores(model, history), target, rows[some], order[some])
    model.train(was_training)
    if size > 1:
        dist.all_reduce(in_order)  # the others have 0 there, so the sum is exact
    result = np.empty((kinds, len(examples)))
    result[:, order] = in_order.cpu().numpy()
    return result
