"""The one record of the data: interactions, items and their modalities (paper, sections 3 and 5)."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import Any, Self

import numpy as np

from mmsr_lite.data.facts import Facts
from mmsr_lite.data.storage import content_hash
from mmsr_lite.errors import MMSRError


@dataclass(frozen=True)
class Modality:
    """One kind of item features, such as pictures or texts; row 0 is the padding.

    Args:
        name: what the modality is called.
        features: (V+1, F) float32; rows of items that lack the modality are not read.
        present: (V+1,) bool, which items have it.

    Raises:
        MMSRError: features and present have different numbers of rows, item 0 is present, or a feature is not finite.

    Example:
        >>> int(Modality("text", np.zeros((3, 4), np.float32), np.array([False, True, False])).present.sum())
        1
    """

    name: str
    features: np.ndarray
    present: np.ndarray

    def __post_init__(self) -> None:
        subject, rows = f"modality {self.name!r}", np.flatnonzero(self.present)
        if len(self.features) != len(self.present):
            raise MMSRError(f"{subject}: {len(self.features)} rows of features, {len(self.present)} of present")
        if self.present[0]:
            raise MMSRError(f"{subject}: item 0 is padding and cannot be present")
        bad = rows[~np.isfinite(self.features[rows]).all(axis=1)]
        if len(bad):
            raise MMSRError(
                f"{subject}: features of item {bad[0]} hold NaN or infinity; mark the item as absent instead"
            )

    def __repr__(self) -> str:
        having, items = int(self.present.sum()), len(self.present) - 1
        return f"Modality({self.name!r}, features={self.features.shape[1]}, items={having} of {items})"


@dataclass(frozen=True)
class Dataset:
    """A data set: interactions sorted by user, then time; items 1..V (0 is padding); users 0..U-1 (paper, section 3).

    Args:
        name: what the data set is called.
        user: (I,) int64, the user of each interaction.
        item: (I,) int64, the item of each interaction.
        time: (I,) seconds since 1970, or positions in the history where there are no times.
        user_ids: (U,) ids as the source writes them.
        item_ids: (V+1,) ids as the source writes them; entry 0 is empty.
        titles: (V+1,) titles for display, or the id where an item has no title; entry 0 is empty.
        texts: for each text column (V+1,) strings, "" where an item has none.
        pictures: (V+1,) paths of files, None where an item has none; empty when there are no pictures at all.
        modalities: the features of each modality.
        facts: what only the source knows, see `data.facts.Facts`; `facts["reading"]` says what was read.

    Example:
        >>> rows = {"user_id": ["u", "u"], "item_id": ["b", "a"], "timestamp": [2, 1]}
        >>> data = Dataset.from_frames(rows, min_count=1)
        >>> data
        Dataset('frames', users=1, items=2, interactions=2, modalities=[])
        >>> data.history(0).tolist()
        [2, 1]
    """

    name: str
    user: np.ndarray
    item: np.ndarray
    time: np.ndarray
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    titles: tuple[str, ...]
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: tuple[str | None, ...] = ()
    modalities: tuple[Modality, ...] = ()
    facts: Facts = field(default_factory=Facts)

    @classmethod
    def from_frames(
        cls,
        interactions: Any,
        items: Any = None,
        *,
        pictures: Any = None,
        name: str = "frames",
        columns: dict[str, str] | None = None,
        modalities: list[str] | tuple[str, ...] | None = None,
        encoders: str | dict[str, str] | None = None,
        min_count: int | None = None,
        seed: int = 0,
    ) -> "Dataset":
        """Make a data set from tables in memory: pandas DataFrames, Arrow tables, or dictionaries of lists.

        Args:
            interactions: columns user_id, item_id and perhaps timestamp; without it, the rows are in the order of time.
            items: column item_id, perhaps title, and columns that may become modalities, as in a folder. None (the
                default): items have nothing but their ids.
            pictures: paths by item id, or a folder (with subfolders) whose pictures are named by item id. Paths in a
                column of `items` are relative to that folder, or to the working directory where none is given.
            name: what the data set is called; default "frames".
            columns: our name of a column -> its name there, such as `{"user_id": "customer"}`.
            modalities: names of the modalities to take; None (the default): all that can be used; `[]`: none.
            encoders: one encoder for all modalities, or one for each by name; None: the default encoders.
            min_count: k of the k-core; None (the default): 5.
            seed: the seed of encoders that learn, default 0.

        Returns:
            The data set; the tables are not changed.

        Raises:
            MMSRError: a column is missing, or a row cannot be read.

        Example:
            >>> rows = {"user_id": ["u", "u"], "item_id": ["a", "b"], "timestamp": [1, 2]}
            >>> Dataset.from_frames(rows, {"item_id": ["a", "b"], "title": ["hat", "scarf"]}, min_count=1).titles
            ('', 'hat', 'scarf')
        """
        read = import_module("mmsr_lite.data.sources.frames").read
        build = import_module("mmsr_lite.data.prepare").build
        raw = read(interactions, items, pictures=pictures, name=name, columns=columns)
        return build(raw, modalities=modalities, encoders=encoders, min_count=min_count, seed=seed)

    def __repr__(self) -> str:
        size = f"users={self.num_users}, items={self.num_items}, interactions={len(self.item)}"
        modalities = ", ".join(modality.name for modality in self.modalities)
        return f"Dataset({self.name!r}, {size}, modalities=[{modalities}])"

    @property
    def num_items(self) -> int:
        """V, the number of items without the padding."""
        return len(self.item_ids) - 1

    @property
    def num_users(self) -> int:
        """U, the number of users."""
        return len(self.user_ids)

    @cached_property
    def offsets(self) -> np.ndarray:
        """(U+1,) the interactions of user u are `item[offsets[u]:offsets[u + 1]]`."""
        return np.searchsorted(self.user, np.arange(self.num_users + 1))

    @cached_property
    def item_hash(self) -> str:
        """A short hash of the item ids in their order; data sets with the same hash number their items alike."""
        return content_hash(list(self.item_ids))

    def history(self, user: int) -> np.ndarray:
        """All items of a user in the order of time.

        Args:
            user: 0 to U-1.

        Returns:
            (n,) int64.

        Raises:
            MMSRError: there is no such user.
        """
        if not 0 <= user < self.num_users:
            raise MMSRError(f"user {user} is not in {self.name!r}; expected 0 to {self.num_users - 1}")
        return self.item[self.offsets[user] : self.offsets[user + 1]]

    def modality(self, name: str) -> Modality:
        """The modality called `name`.

        Args:
            name: its name.

        Raises:
            MMSRError: there is none; the message lists those that there are.
        """
        by_name = {one.name: one for one in self.modalities}
        if name not in by_name:
            raise MMSRError(f"modality {name!r} is not in {self.name!r}; choose from: {', '.join(by_name)}")
        return by_name[name]

    def with_modalities(self, *names: str) -> Self:
        """The same data set with only these modalities, in this order; none at all is allowed.

        Args:
            names: names of modalities of the data set.

        Returns:
            The data set.
        """
        return replace(self, modalities=tuple(self.modality(name) for name in names))
