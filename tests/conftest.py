"""What every test may ask for: the real data beside the project, a tiny folder of one's own."""

import errno
import json
import os
import socket
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
TITLES = ["red dress", "green hat", "</script><img src=x onerror=alert(1)>", "blue jeans", "red hat", "wool scarf"]


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors gain nothing from more threads, and tests that run side by side lose."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with amazon-beauty and ml-100k: $MMSR_SHARED_DATA, else ../shared/data; the test skips without it."""
    folder = Path(os.environ.get("MMSR_SHARED_DATA") or ROOT / "../shared/data").resolve()
    if not folder.is_dir():
        pytest.skip(f"needs the real data, which may not be copied into the project: no folder {folder}")
    return folder


@pytest.fixture
def tiny_folder(tmp_path) -> Path:
    """Six items with title, tags and photo, four users of six interactions: everything survives the 4-core."""
    from PIL import Image

    folder = tmp_path / "tiny"
    (folder / "photos").mkdir(parents=True)
    lines = []
    for row, title in enumerate(TITLES):
        Image.new("RGB", (40, 30), (40 * row, 90, 200 - 40 * row)).save(folder / f"photos/{row}.png")
        photo = f"photos/{row}.png"
        lines.append(json.dumps({"item_id": f"i{row}", "title": title, "tags": ["warm", f"t{row}"], "photo": photo}))
    (folder / "items.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = [f"u{user},i{(user + step) % 6},{100 * user + step}" for user in range(4) for step in range(6)]
    (folder / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def books():
    """Makes M codebooks at random: an item has none, some or k of C codes in each."""
    from mmsr_lite.graph.codes import Codebook

    def make(modalities: int, items: int = 12, num_codes: int = 6, k: int = 2, dim: int = 8, seed: int = 0):
        rng, found = np.random.default_rng(seed), []
        for name in ("picture", "text", "sound")[:modalities]:
            codes = np.array([rng.permutation(num_codes)[:k] + 1 for _ in range(items + 1)])
            codes[np.arange(k) >= rng.integers(k + 1, size=(items + 1, 1))] = 0
            codes[0] = 0
            centres = rng.normal(size=(num_codes + 1, dim)).astype(np.float32)
            found.append(Codebook(name, codes, centres, centres[codes].sum(1) * (codes > 0).any(1, keepdims=True)))
        return tuple(found)

    return make


@pytest.fixture(scope="session")
def circle():
    """12 users who walk round 12 items in order, ten steps each from where they like."""
    from mmsr_lite.data.dataset import Dataset

    user, step = np.repeat(np.arange(12), 10), np.tile(np.arange(10), 12)
    names = tuple(f"i{item}" for item in range(13))
    item = (user + step) % 12 + 1
    return Dataset("cycle", user, item, step, tuple(f"u{u}" for u in range(12)), names, names)


@pytest.fixture(scope="session")
def cycle(circle):
    """The split of `circle`."""
    from mmsr_lite.data.split import split

    return split(circle)


@pytest.fixture
def full_disk(monkeypatch):
    """Call it, and no more bytes can be written; or the function of a name fails, as on a full disk."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    return lambda name="pathlib.Path.write_bytes": monkeypatch.setattr(name, full)


@pytest.fixture
def own_cache(tmp_path, monkeypatch) -> Path:
    """An empty cache for this test alone."""
    monkeypatch.setenv("MMSR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def ring(tmp_path_factory) -> Path:
    """Twelve users who walk a ring of six items, 72 examples: a batch of 71 leaves one."""
    place = tmp_path_factory.mktemp("runs") / "ring"
    place.mkdir()
    rows = [f"u{user},i{(user * user + step) % 6},{step}" for user in range(12) for step in range(10)]
    (place / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    words = ("ab", "cd", "ef", "gh", "ij", "kl")
    items = [{"item_id": f"i{n}", "title": f"</script>{n}", "words": word} for n, word in enumerate(words)]
    (place / "items.jsonl").write_text("\n".join(map(json.dumps, items)))
    return place


@pytest.fixture
def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return free.getsockname()[1]
