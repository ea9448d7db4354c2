"""Does the explorer's session keep its memory through thousands of edits? `python -m benchmarks soak` tries.

Requests are drawn at random from a seed: edits, searches, what-ifs, other codes, undo and redo, and wrong ones. Each
answer has to be a whole record or an error of ours. Memory is read after each tenth of the requests; it may not grow
by more than `MEBIBYTES` after the first tenth, in which everything that is kept is made once.

`python -m benchmarks soak --page` does the same to a live page in headless Chromium: clicks, keys and edits at random,
the heap of the page after a garbage collection, and how many elements it has.

`python -m benchmarks soak --train` trains a small model for as many epochs: a day of epochs of 9 s, in minutes. Its
loss stays a number, and its memory grows by no more than what the history of the epochs takes.
"""

import argparse
import gc
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.edits import CHANGES
from mmsr_lite.explain.session import Session
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.records import HistoryRecord
from mmsr_lite.training.loop import TrainConfig, train

MEBIBYTES = 30


def a_session() -> Session:
    """A session on a small world of pictures and texts with a model of random weights."""
    world = load("cycle", config=WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=6))
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    return Session(MMSR(MMSRConfig(dim=8, layers=2), world.num_items, books).eval(), world)


def request(session: Session, chance: random.Random) -> dict[str, Any]:
    """One request, mostly possible ones."""
    length, items = len(session.draft.history), session.dataset.num_items
    position = chance.randint(1, length + (chance.random() < 0.1))
    item = chance.randint(1, items + (chance.random() < 0.1))
    modality = chance.choice([one.name for one in session.dataset.modalities])
    changes: list[Any] = [name for name in CHANGES if name in ("shuffle", "mismatch", "noise", "drop")]
    changes += [{"do": "drop", "modality": modality, "position": position}, {"do": "gate", "to": "hohe"}]
    changes += [{"do": "node", "type": "item", "id": item}, {"do": "swap", "position": position, "other": 1}]
    return chance.choice(
        [
            {"do": "add", "item": item, "position": position},
            {"do": "remove", "position": position},
            {"do": "move", "position": position, "to": chance.randint(1, length)},
            {"do": "replace", "position": position, "item": item},
            {"do": "user", "user": chance.randrange(session.dataset.num_users)},
            {"do": "families", "families": chance.sample(["homogeneous", "heterogeneous"], chance.randint(0, 2))},
            {"do": "families", "families": ["homogeneous", "heterogeneous"]},
            {"do": "codes", "codes": chance.choice([3, 3, 4]), "codes_per_item": chance.randint(1, 2)},
            {"do": "undo"},
            {"do": "redo"},
            {"do": "find", "words": chance.choice(["", "a", "coat", "zz"])},
            {"do": "what_if", "change": chance.choice(changes), "repeats": chance.randint(1, 5)},
            {"do": chance.choice(["", "zz", "drop"])},
        ]
    )


def mebibytes() -> float:
    """The memory of this process that lies in RAM."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def soak(
    count: int, seed: int = 0, progress: bool = False, minutes: float = float("inf")
) -> tuple[Counter, list[float]]:
    """Answer so many requests, or as many as the minutes allow.

    Returns:
        How many requests of each kind were done, and how many refused; MiB after each tenth that was done.
    """
    session, chance, done, memory = a_session(), random.Random(seed), Counter[str](), []
    end = time.monotonic() + 60 * minutes
    for number in tqdm(range(1, count + 1), "requests", disable=None if progress else True):
        if time.monotonic() > end:
            break
        asked = request(session, chance)
        try:
            answer = session.do(asked)
            if "what_if" in answer:
                answer["what_if"].validate()
            done[asked["do"]] += 1
        except MMSRError:
            done["refused"] += 1
        if number % max(1, count // 100) == 0:
            session.record.validate()
        if number % max(1, count // 10) == 0:
            memory.append(mebibytes())
    return done, memory


def soak_a_page(count: int, seed: int) -> None:
    """Soak a page, print, and end with an error when its memory grew."""
    from benchmarks.page_soak import MEBIBYTES as MOST
    from benchmarks.page_soak import growth, soak

    done, heaps = soak(count, seed, progress=True)
    written = ", ".join(f"{heap:.1f}" for heap in heaps)
    print(f"{count:,} interactions: {dict(done)}; MiB of the page's heap after each tenth: {written}")
    if growth(heaps) > MOST:
        raise SystemExit(f"the heap grew by {growth(heaps):.1f} MiB; at most {MOST} are allowed")


def soak_a_training(count: int, seed: int = 0) -> tuple[HistoryRecord, list[float]]:
    """Train a small model for so many epochs, judged after each.

    Args:
        count: epochs.
        seed: of the training.

    Returns:
        The history; MiB after each tenth of the epochs.
    """
    session, memory = a_session(), []

    def look(record: HistoryRecord) -> None:
        if len(record["epochs"]) % max(1, count // 10) == 0:
            memory.append(mebibytes())

    config = TrainConfig(epochs=count, batch=1024, patience=count, seed=seed, device="cpu")
    return train(session.model, split(session.dataset), config, progress=False, on_epoch=look), memory


def main(argv: list[str]) -> None:
    """Soak, print, and end with an error when memory grew."""
    parser = argparse.ArgumentParser("python -m benchmarks soak", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="ask nothing later than this")
    parser.add_argument("--page", action="store_true", help="of a live page in Chromium, not of Python's session")
    parser.add_argument("--train", action="store_true", help="of a training, for --count epochs")
    args = parser.parse_args(argv)
    if args.page:
        soak_a_page(args.count, args.seed)
        return
    if args.train:
        history, memory = soak_a_training(args.count, args.seed)
        what = f"{len(history.epochs):,} epochs, the last with a loss of {history.epochs[-1]['loss']:.3f}"
    else:
        done, memory = soak(args.count, args.seed, progress=True, minutes=args.minutes)
        what = f"{sum(done.values()):,} requests: {dict(done)}"
    print(f"{what}; MiB after each tenth: {', '.join(f'{one:.0f}' for one in memory)}")
    if max(memory) - memory[0] > MEBIBYTES:
        raise SystemExit(f"memory grew by {max(memory) - memory[0]:.0f} MiB; at most {MEBIBYTES} are allowed")
