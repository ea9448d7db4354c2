"""The check with random weights: does an explanation show what was learned, or only the graph?

Adebayo et al., "Sanity Checks for Saliency Maps" (2018): an explanation that is similar for a model with random weights
does not explain what the model learned. Each tensor of weights is shuffled, so its numbers stay the same and their
meaning is lost. This is done in two ways: with all weights at once, in several draws, because one shuffle may be
similar by chance; and layer by layer, from the layer next to the scores down to the embeddings.
"""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from mmsr_lite.explain.compare import bootstrap
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records.evidence import FaithfulnessTest, ShuffledPart

DRAWS = 3  # models with all weights shuffled
LIKE = 0.5  # two explanations with at least this rank correlation are called similar


def shuffled(model: MMSR, seed: int, parts: Sequence[nn.Module] | None = None) -> MMSR:
    """A copy of a model in which every weight tensor holds its numbers in random order.

    Args:
        model: the model; it is not changed.
        seed: the seed of the order.
        parts: modules of `model` whose weights are shuffled; None: all.

    Returns:
        The copy.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> one, two = (m.item_table().detach().flatten().sort().values for m in (model, shuffled(model, seed=0)))
        >>> bool(torch.equal(one, two))
        True
    """
    chosen = [model] if parts is None else parts
    names = {id(weight) for part in chosen for weight in part.parameters()}
    shuffle = [name for name, weight in model.named_parameters() if weight.requires_grad and id(weight) in names]
    twin, generator = copy.deepcopy(model), torch.Generator().manual_seed(seed)
    own = dict(twin.named_parameters())
    for name in shuffle:
        weight = own[name]
        order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
        weight.data = weight.data.flatten()[order].view_as(weight)
    return twin


def parts_from_the_top(model: MMSR) -> dict[str, nn.Module]:
    """The parts of a model from the layer next to the scores down to the embeddings of nodes and items.

    Args:
        model: any MMSR.

    Returns:
        Name -> module.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> list(parts_from_the_top(model))[0]
        'layer 1'
    """
    layers = {f"layer {number}": layer for number, layer in enumerate(model.layers, 1)}
    return dict(reversed(layers.items())) | {"embeddings": model.nodes}


def random_twins(model: MMSR, seed: int, draws: int = DRAWS) -> tuple[list[MMSR], dict[str, MMSR]]:
    """The models that the check compares with.

    Args:
        model: the trained model.
        seed: the seed of the first draw; those of the others follow.
        draws: the number of models with all weights shuffled.

    Returns:
        The models with all weights shuffled, and for each part from the top the model in which it and all parts above
        are shuffled.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> len(random_twins(model, seed=0, draws=2)[0])
        2
    """
    every = [shuffled(model, seed + draw) for draw in range(draws)]
    cascade, above = {}, []
    for name, part in parts_from_the_top(model).items():
        above.append(part)
        cascade[name] = shuffled(model, seed, above)
    return every, cascade


def random_weights(draws: np.ndarray, cascade: dict[str, np.ndarray]) -> FaithfulnessTest:
    """The result of the check, from rank correlations with the explanation of the trained model.

    Args:
        draws: (draws, B) the rank correlation in each history, of each model with all weights shuffled.
        cascade: part -> (B,) the same of the model in which this part and all above it are shuffled.

    Returns:
        `spearman` and `interval` (mean over draws and histories, 95 % over histories), `draws` (the mean of each),
        `layers` (part, `spearman`, `interval`), `passed` (the whole interval is below 0.5, and no draw is similar) and
        a sentence.

    Example:
        >>> random_weights(np.zeros((3, 4)), {})["passed"]
        True
    """
    mean, interval = bootstrap(draws.mean(0))
    each = draws.mean(1).tolist()
    passed = bool(interval[1] < LIKE and max(each) < LIKE)
    layers: list[ShuffledPart] = []
    for name, values in cascade.items():
        of_part, around = bootstrap(values)
        layers.append({"part": name, "spearman": of_part, "interval": around})
    verdict = "what the model learned" if passed else "hardly more than the graph"
    sentence = (
        f"It shows {verdict}: with shuffled weights it comes out with rank correlation {mean:+.2f} (95 % interval "
    )
    sentence += f"{interval[0]:.3g} to {interval[1]:.3g}; {len(each)} draws from {min(each):+.2f} to {max(each):+.2f})."
    if layers:
        steps = ", ".join(f"{layer['part']} {layer['spearman']:+.2f}" for layer in layers)
        sentence += f" Shuffled from the top down: {steps}."
    return {
        "spearman": mean,
        "interval": interval,
        "draws": each,
        "layers": layers,
        "passed": passed,
        "sentence": sentence,
    }
