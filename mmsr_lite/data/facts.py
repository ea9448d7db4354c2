"""Facts: what only the source of a data set knows, beside interactions, items and features.

A made-up world knows why each interaction happened; a file with a column `split` knows its own split. A source may note
more than is listed here; views and studies read only these names.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NotRequired, Protocol, TypedDict

import numpy as np


class Order(TypedDict):
    """How interactions of one user at one time are ordered."""

    ties: str  # a name in `data.order.TIES`
    tie_seed: NotRequired[int]  # of a random order


FILE_ORDER: Order = {"ties": "file"}  # the order of ties that nobody has broken


class OrderFacts(TypedDict):
    """Counts that show where the order of a file comes from, made by `data.order.order_facts`.

    Neighbours are two interactions of one user, one directly after the other.
    """

    ties: NotRequired[Annotated[str, "how ties stand now: file, random or together"]]
    tie_seed: NotRequired[Annotated[int, "the seed of a random order"]]
    neighbours: NotRequired[Annotated[int, "how many pairs of neighbours there are"]]
    tied: Annotated[float, "percent of the neighbours that have one time"]
    tied_rising: NotRequired[
        Annotated[float | None, "percent of the tied neighbours whose second item has the higher id; 50 is chance"]
    ]
    untied_rising: NotRequired[Annotated[float | None, "the same of the other neighbours"]]
    tied_agreement: NotRequired[
        Annotated[float | None, "percent of pairs of users with the same tied neighbours who have them in one order"]
    ]
    exact_repeats: NotRequired[Annotated[int, "interactions that repeat an earlier one with user, item and time"]]
    own_items: NotRequired[Annotated[float, "percent of the interactions with an item that the user had before"]]
    times_are_steps: NotRequired[Annotated[bool, "whether times are 0, 1, 2, ...: places in a history, not dates"]]


class AccountFact(TypedDict, total=False):
    """What was read from the files of a source, as `data.reading.Account.as_fact` writes it."""

    read: dict[str, int]  # what -> how many rows
    skipped: dict[str, int]  # reason -> how many rows were left out
    repeated: dict[str, int]  # what -> how many rows repeat an earlier one
    tied: list[int] | None  # number of neighbours with the same time, and of all neighbours; None: not known
    absent: dict[str, int]  # modality -> how many items lack it
    examples: list[str]  # some rows that were left out, quoted
    notes: list[str]  # how the files were understood
    unused: dict[str, str]  # column -> why it is no modality


class PlantedTruth(Protocol):
    """What a made-up world knows: how its next items are drawn."""

    def reachable(self, examples: Any) -> dict[str, float]:
        """The best metrics, in percent, that any ranking of `examples` can reach.

        Args:
            examples: the examples that are ranked.
        """


class Facts(TypedDict, total=False):
    """What only the source of a data set knows; each entry may be missing.

    I is the number of interactions, U of users, V of items; row 0 of an array over items is the padding.
    """

    reading: AccountFact  # what was read, skipped, repeated, tied and absent
    order: Order  # how ties are ordered now
    file_row: np.ndarray  # (I,) the row of each interaction in the order of the file, where anything was moved
    unreadable: dict[str, list[str]]  # modality -> ids of items whose picture does not open
    reviews: dict[str, int]  # counts that older prepared folders noted
    metadata: dict[str, int]
    part: np.ndarray  # (I,) the source's own split: 0 training, 1 validation, 2 test
    edition: str  # the edition of Amazon's files
    truth: PlantedTruth  # what a made-up world knows; all entries below are of such worlds too
    cause: np.ndarray  # (I,) why an interaction happened, an index of `causes`
    causes: Sequence[str]
    because: np.ndarray  # (I, W) the places in the user's history that decide it, filled up with -1
    user_kind: np.ndarray  # (U,) an index of `user_kinds`
    user_kinds: Sequence[str]
    look: np.ndarray  # (V+1,) an index of `looks`; -1: none
    looks: Sequence[str]
    theme: np.ndarray  # (V+1,) an index of `themes`; -1: none
    themes: Sequence[str]
    group: np.ndarray  # (V+1,) the group of items that look and read alike, -1: none
    why: str  # which order of fusion wins, and why, in two sentences
    reasons: dict[str, tuple[str, str]]  # cause -> the order of fusion that loses there, and a sentence that says why
