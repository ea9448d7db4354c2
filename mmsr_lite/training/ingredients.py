"""What follows from the config of a run: data set, codes, untrained model, split."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from mmsr_lite.arguments import checked
from mmsr_lite.data import load
from mmsr_lite.data.corruption import CORRUPTIONS, DISORDERED, DISPLACED, shuffled
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Split, split
from mmsr_lite.errors import MMSRError
from mmsr_lite.graph.codes import Codebook, fit_codebooks
from mmsr_lite.models.base import Catalogue, Recommender
from mmsr_lite.nn.displacement import Displacement
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.training.run_config import RunConfig


def prepare(config: RunConfig) -> Dataset:
    """Load the data set of a run and damage its modalities as the config says.

    Args:
        config: the config of the run.

    Returns:
        The data set as the run sees it.

    Raises:
        MMSRError: there is no such source, or it does not fit the config.

    Example:
        >>> prepare(RunConfig("wardrobe:match", modalities=())).num_items
        980
    """
    dataset = load(
        config.source,
        modalities=config.modalities,
        encoders=config.encoders,
        min_count=config.min_count,
        ties=config.ties,
        tie_seed=config.tie_seed,
    )
    return corrupt(config, dataset)


def corrupt(config: RunConfig, dataset: Dataset) -> Dataset:
    """Damage the modalities of a data set as the config of a run says.

    A config may also change the order of histories; `parts_of` and `build` do that.

    Args:
        config: the config of the run.
        dataset: a data set without damage; it is not changed.

    Returns:
        The damaged data set; `dataset` itself where the config damages no modality.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> corrupt(RunConfig("wardrobe:match"), world) is world
        True
    """
    if config.corruption is None or config.corruption in (DISORDERED, DISPLACED):
        return dataset
    return CORRUPTIONS[config.corruption](dataset, modality=config.corrupted, rate=config.rate, seed=config.train.seed)


@checked()
def codebooks(config: RunConfig, dataset: Dataset) -> tuple[Codebook, ...]:
    """Learn the codes of a run from the features of its data set.

    Args:
        config: the config of the run.
        dataset: the data set as the run sees it.

    Returns:
        One codebook for each modality; none for a model that counts.

    Raises:
        MMSRError: the features do not allow the codes that the config asks for.

    Source:
        Section 4.1 of the paper, composite codes.

    Example:
        >>> import numpy as np
        >>> from mmsr_lite.data.dataset import Modality
        >>> features = np.arange(8, dtype=np.float32).reshape(4, 2)
        >>> one = Modality("picture", features, np.array([False, True, True, True]))
        >>> row, ids = np.array([0]), ("", "a", "b", "c")
        >>> data = Dataset("d", row, row + 1, row, ("u",), ids, ids, modalities=(one,))
        >>> config = RunConfig("d", codes=2, codes_per_item=1).with_settings(dim=2)
        >>> [book.codes.shape for book in codebooks(config, data)]
        [(4, 1)]
    """
    if not config.model_class.learns:
        return ()
    how: dict[str, Any] = {"num_codes": config.codes, "codes_per_item": config.codes_per_item}
    how |= {"reduction": config.reduction, "distance": config.distance, "seed": config.train.seed}
    return fit_codebooks(dataset, **how, dim=config.model_config.dim)


@checked()
def build(config: RunConfig, dataset: Dataset, books: Sequence[Codebook] | None = None) -> Recommender:
    """Make the untrained model of a run.

    Args:
        config: the config of the run; its seed decides the weights.
        dataset: the data set as the run sees it.
        books: one codebook for each modality; None learns them now.

    Returns:
        The model, on the CPU.

    Raises:
        MMSRError: the config does not fit the model or the data set.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> build(RunConfig("wardrobe:match").with_settings(dim=8), world).item_table().shape
        torch.Size([10, 8])
    """
    if books is None:
        books = codebooks(config, dataset)
    settings = config.model_config
    if config.ties == "together" and hasattr(settings, "together"):  # other models read a sequence, ties at random
        settings = replace(settings, together=True)
    torch.manual_seed(config.train.seed)
    model = config.model_class(settings, dataset.num_items, books)
    model.catalogue = Catalogue(dataset.name, dataset.num_items, dataset.item_hash)
    if config.corruption == DISPLACED:
        displace(model, config.corrupted, config.rate, config.train.seed)
    return model


@checked(rate=(0, 1))
def displace(model: Recommender, modality: str | None, rate: float, seed: int) -> None:
    """From now on, a model reads histories whose positions exchange modalities (paper, Figure 1, "mismatched").

    Args:
        model: a model that reads modalities position by position; it is changed.
        modality: the modality that is exchanged; None: every one, each by itself.
        rate: the share of the positions of each history, from 0 to 1; 0 undoes it.
        seed: the seed that chooses the positions.

    Raises:
        MMSRError: the model does not read modalities position by position.

    Source:
        Figure 1 of the paper, "mismatched".

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> displace(build(RunConfig("wardrobe:match").with_settings(dim=8), world), None, 0.5, seed=0)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: MMSR, adaptive does not read the modalities of a history position by position; ...
    """
    reader = getattr(model, "modalities", None)
    if not isinstance(reader, ItemModalities) or not model.reads_order:
        raise MMSRError(
            f"{model.label} does not read the modalities of a history position by position; "
            "displace those of sasrec-f, gru4rec-f, nova, dif-sr or trans2d"
        )
    if rate:
        reader.displaced = Displacement(reader.names, modality, rate=rate, seed=seed)
    else:
        reader.displaced = None


def parts_of(config: RunConfig, dataset: Dataset) -> Split:
    """Split the data set of a run into training, validation and test examples.

    Args:
        config: the config of the run. With the corruption "disordered" all histories are shuffled.
        dataset: the data set as the run sees it.

    Returns:
        The split; its validation part is empty where validation does not choose the best epoch.

    Raises:
        MMSRError: the data set cannot be split as the config asks.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> len(parts_of(RunConfig("wardrobe:match"), world).test)
        9
    """
    length = getattr(config.model_config, "max_history", 50)
    validation = config.train.selection == "validation"
    parts = split(dataset, by=config.split, validation=validation, max_history=length)
    if config.corruption != DISORDERED:
        return parts
    seed = config.train.seed
    return Split(*(shuffled(part, rate=config.rate, seed=seed) for part in (parts.train, parts.validation, parts.test)))
