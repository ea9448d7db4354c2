"""How many codes: C of a modality and k of an item, as they are asked for (paper, section 4.1)."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from mmsr_lite.data.dataset import Modality
from mmsr_lite.errors import MMSRError

DEFAULT_CODES, DEFAULT_PER_ITEM = 30, 3  # C and k of the paper
# how messages name C and k, which a reader knows from the paper
OPTIONS = {"C": "num_codes, on the command line --codes", "k": "codes_per_item, on the command line --codes-per-item"}


def by_modality(letter: str, given: int | Mapping[str, int], default: int, names: Sequence[str]) -> dict[str, int]:
    """C or k of each modality, from one number for all or from numbers by name.

    Args:
        letter: "C" or "k", for messages.
        given: one number, or numbers by name of the modality.
        default: the number of a modality that `given` does not name.
        names: the modalities of the data set.

    Returns:
        Name of a modality -> its number, in the order of `names`.

    Raises:
        MMSRError: a name is no modality, or a value is no whole number.

    Example:
        >>> by_modality("C", {"brand": 9}, 30, ["title", "brand"])
        {'title': 30, 'brand': 9}
    """
    values = dict(given) if isinstance(given, Mapping) else dict.fromkeys(names, given)
    for name, value in values.items():
        if name not in names:
            raise MMSRError(
                f"{letter} ({OPTIONS[letter]}) names the modality {name!r}; "
                f"the data set has: {', '.join(names) or 'none at all'}"
            )
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise MMSRError(f"{letter} of {name!r} ({OPTIONS[letter]}) is {value!r}; expected a whole number")
    return {name: int(values.get(name, default)) for name in names}


def check_counts(name: str, num_codes: int, codes_per_item: int) -> None:
    """Refuse what is no C or no k.

    Args:
        name: the modality.
        num_codes: C.
        codes_per_item: k.

    Raises:
        MMSRError: not 1 <= k <= C.

    Example:
        >>> check_counts("text", 2, 3)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: k of 'text' (codes_per_item, on the command line --codes-per-item) is 3; ...
    """
    if num_codes < 1:
        raise MMSRError(f"C of {name!r} ({OPTIONS['C']}) is {num_codes}; expected 1 or more, or 0")
    if not 1 <= codes_per_item <= num_codes:
        raise MMSRError(
            f"k of {name!r} ({OPTIONS['k']}) is {codes_per_item}; expected 1 to C ({OPTIONS['C']}), "
            f"which is {num_codes}"
        )


def capped(modality: Modality, present: np.ndarray, num_codes: int, codes_per_item: int) -> tuple[int, int]:
    """C and k, lowered to the number of different features where that is less, with a warning.

    Args:
        modality: the modality.
        present: the items that have it.
        num_codes: C.
        codes_per_item: k.

    Returns:
        C and k.

    Raises:
        MMSRError: no item has the modality.

    Example:
        >>> one = Modality("text", np.eye(3, dtype=np.float32), np.array([False, True, True]))
        >>> capped(one, np.array([1, 2]), num_codes=2, codes_per_item=1)
        (2, 1)
    """
    distinct = len(np.unique(modality.features[present], axis=0)) if len(present) else 0
    if not distinct:
        raise MMSRError(f"no item has the modality {modality.name!r}, so it has no codes; leave it out")
    if distinct >= num_codes:
        return num_codes, codes_per_item
    least = min(codes_per_item, distinct)
    also = f", and {least} codes an item, not {codes_per_item}" if least < codes_per_item else ""
    warnings.warn(
        f"modality {modality.name!r} has {distinct} different features, fewer than {num_codes} codes (--codes): "
        f"it gets {distinct} codes{also}",
        stacklevel=4,
    )
    return distinct, least
