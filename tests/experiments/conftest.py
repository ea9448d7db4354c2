"""A small data set of two modalities, and a study of two systems on it."""

from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.run_studies import run_studies
from mmsr_lite.experiments.study import Job, Study

QUICK = {"dim": 8, "codes": 3, "codes_per_item": 1, "epochs": 2, "batch": 64, "lr": [0.01, 0.02], "dropout": [0.1]}
QUICK |= {"weight_decay": 0.0, "label_smoothing": 0.0, "layers": 1}  # no choice
QUICK |= {"decay": 0.7, "max_history": 50, "neighbours": 100}  # none either


@pytest.fixture(scope="session")
def ring() -> Dataset:
    """24 users who walk round 12 items; "a" and "b" are what is known of an item."""
    user, step = np.repeat(np.arange(24), 10), np.tile(np.arange(10), 24)
    names, rng = tuple(f"i{item}" for item in range(13)), np.random.default_rng(0)
    features = [np.pad(rng.normal(size=(12, 4)), ((1, 0), (0, 0))).astype(np.float32) for _ in range(2)]
    kinds = tuple(Modality(n, f, np.arange(13) > 0) for n, f in zip("ab", features, strict=True))
    item, users = (user + step) % 12 + 1, tuple(f"u{u}" for u in range(24))
    return Dataset("ring", user, item, step, users, names, names, modalities=kinds)


def jobs(setting):
    return [Job({"model": name}, setting.config(name)) for name in ("markov", "mmsr")]


TINY = Study("-", "?", jobs, {"model": "mmsr"})


@pytest.fixture
def tiny(monkeypatch):
    """The name of a study of two systems, one of which has one seed and no trials."""
    monkeypatch.setitem(STUDIES, "tiny", TINY)
    return "tiny"


@pytest.fixture
def carry_out(ring, tmp_path):
    """Carry out studies on the ring, two seeds, one process; what was said."""

    def run(*names, **more):
        options = {"seeds": 2, "device": "cpu", "changes": QUICK} | more
        return list(run_studies(names, ring, tmp_path / "out", **options))

    run.place = tmp_path / "out" / "ring"
    return run


@pytest.fixture(scope="session")
def finished(ring, tmp_path_factory):
    """Where the tiny study was carried out, and what was said."""
    out = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(STUDIES, "tiny", TINY)
        told = list(run_studies(["tiny"], ring, out, seeds=2, device="cpu", changes=QUICK))
    return out / "ring", told


@pytest.fixture
def done(carry_out, tiny, finished):
    """A copy of the finished study, to go on from."""
    copytree(finished[0], carry_out.place)
    return carry_out


@pytest.fixture(scope="session")
def tied(ring) -> Dataset:
    """The ring where two items of a user share a day, listed by rising item: the order of a day is the file's alone."""
    day = ring.time // 2
    rows = np.lexsort((ring.item, day, ring.user))
    return replace(ring, name="tied", item=ring.item[rows], time=day[rows])


@pytest.fixture(scope="session")
def finished_tied(tied, tmp_path_factory):
    """Where the tiny study was carried out on tied data in two orders, and what was said."""
    out = tmp_path_factory.mktemp("tied")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(STUDIES, "tiny", TINY)
        changes = QUICK | {"tie_seed": [0, 1]}
        told = list(run_studies(["tiny"], tied, out, seeds=2, device="cpu", changes=changes))
    return out / "tied", told
