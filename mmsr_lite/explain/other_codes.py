"""A trained model with another number of codes: what the explorer shows when C or k is changed (section 4.1)."""

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR

CodesOf = tuple[int | None, int | None]  # C and k of all modalities; None where they differ between them


def with_other_codes(
    model: MMSR, dataset: Dataset, asked: CodesOf, trained: CodesOf, *, seed: int = 0, reduction: str = "pca"
) -> tuple[MMSR, str]:
    """Give a model other codes, which are learned from the features, and keep all other weights.

    When only k changes, the codes keep their trained embeddings; when C changes, their embeddings are their centres,
    untrained.

    Args:
        model: a trained MMSR; it is not changed.
        dataset: the data set that it was trained on.
        asked: C and k of the new model.
        trained: C and k of `model`.
        seed: the seed of the model's codes.
        reduction: how features were reduced before k-means.

    Returns:
        The new model, ready to rank, and a note that says what it was trained with.

    Raises:
        MMSRError: the modalities of the model differ in C or k, or the features do not allow such codes.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4))
        >>> books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
        >>> other, note = with_other_codes(MMSR(MMSRConfig(dim=8), world.num_items, books), world, (3, 2), (3, 1))
        >>> other.codes[0].shape[1], note
        (2, 'the model was trained with k = 1')
    """
    (codes, codes_per_item), (trained_codes, trained_k) = asked, trained
    if codes is None or codes_per_item is None or trained_k is None:
        raise MMSRError(
            f"C is {codes} and k is {codes_per_item} for all modalities, but the modalities of this model differ in C "
            "or k; train a model with one C and one k to change them here"
        )
    how = {"seed": seed, "reduction": reduction, "dim": model.config.dim}
    books = fit_codebooks(dataset, num_codes=codes, codes_per_item=codes_per_item, **how)
    shared = min(trained_k, codes_per_item)
    pairs = zip((table.cpu().numpy() for table in model.codes), books, strict=True)
    alike = all(np.array_equal(ours[:, :shared], book.codes[:, :shared]) for ours, book in pairs)
    replaced = ["codes."]
    note = f"the model was trained with k = {trained_k}"
    if codes != trained_codes or not alike:
        replaced += [f"nodes.tables.{number}." for number in range(1, 1 + len(books))]
        note = f"the model was trained with C = {trained_codes}; these codes stand untrained at their centres (4.1)"
    other = type(model)(model.config, dataset.num_items, books)
    kept = {name: value for name, value in model.state_dict().items() if not name.startswith(tuple(replaced))}
    other.load_state_dict(kept, strict=False)
    return other.to(model.item_table().device).eval(), note
