"""Data in which nothing can be learned but the order of equal times."""

import numpy as np

from mmsr_lite.data.dataset import Dataset

USERS, ITEMS, LENGTH = 300, 60, 10


def days(order: str, seed: int = 0, times=None, many: int = USERS) -> Dataset:
    """Users with uniform random items, all of one user on one day: nothing can be learned, so HR@5 is 5 of 60."""
    rng = np.random.default_rng(seed)
    item = np.array([rng.permutation(ITEMS)[:LENGTH] + 1 for _ in range(many)])
    if order == "by id":
        item.sort(axis=1)
    ids = ("", *(f"B{number:04d}" for number in range(ITEMS)))
    users = np.repeat(np.arange(many), LENGTH)
    time = users % 50 * 86400 if times is None else np.tile(times, many)
    return Dataset(order, users, item.ravel(), time, tuple(f"A{u}" for u in range(many)), ids, ids)
