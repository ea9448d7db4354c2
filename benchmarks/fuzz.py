"""Does anything that comes from outside raise other errors than ours? `python -m benchmarks fuzz --minutes 10` tries.

Valid files and requests are changed at random: bytes are turned, cut, doubled, or replaced by what is known to trouble
readers. Each target reads the result; it may succeed or raise `MMSRError`, and nothing else, within `SECONDS` and with
at most `MEBIBYTES` more memory. What fails is written into a folder, one file a case, and named at the end. All times
are of the processor, so that other work on the machine neither makes a reader slow nor the run a short one.
"""

import argparse
import gzip
import io
import json
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from mmsr_lite.data import load
from mmsr_lite.data.features import read_features, write_features
from mmsr_lite.data.pictures import open_picture
from mmsr_lite.data.prepared import prepare
from mmsr_lite.data.sources.wardrobe import WardrobeConfig
from mmsr_lite.data.sources.wardrobe import load as wardrobe
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.session import Session
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.records import as_record
from mmsr_lite.training.checkpoint import NUMBERS, STATE, load_checkpoint, save_checkpoint
from mmsr_lite.training.loop import TrainConfig
from mmsr_lite.training.run_config import RunConfig, read_config
from mmsr_lite.training.weights import load_weights, save_tensors
from mmsr_lite.views import save_report, show, untrusted
from mmsr_lite.views.samples import sample
from mmsr_lite.views.selection import describe, resolve_selection

SECONDS, MEBIBYTES = 10, 1024
ROWS = "".join(f"u{n % 5},i{n % 6},{100 + n}\n" for n in range(30))
TABLE = f"user_id,item_id,timestamp\n{ROWS}"
ITEMS = "\n".join(json.dumps({"item_id": f"i{n}", "title": f"Thing {n}", "words": "red hat"}) for n in range(6))
TOKENS = [b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"NaN", b"-1", b"1e999", b"9" * 400, b'"', b"'", b"[" * 3000, b"{"]
TOKENS += [b"}", b"null", b"true", b"[]", b"{}", b'""', b"\\ud800", b"../../x", b"\n", b"\r", b",", b"\t", b"=1+1"]
TOKENS += [b"<script>"]
TOKENS += ["\u202e\u0660".encode(), b"9999-12-31", b"0001-01-01", b"-0", b"1.5", b"1_000", b"inf"]


@dataclass(frozen=True)
class Target:
    """Something that reads what comes from outside.

    Attributes:
        seeds: makes valid inputs; each is changed in many ways.
        read: reads one input; the folder is its own and is emptied before.
    """

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], object]


def changed(seed: bytes, chance: random.Random) -> bytes:
    """The bytes with one to four random changes.

    Example:
        >>> changed(b"user_id,item_id", random.Random(1)) != b"user_id,item_id"
        True
    """
    content = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice((1, 1, 2, 4, 16, 64)))
        kind = chance.randrange(5)
        if kind == 0 and start < len(content):
            content[start] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del content[start:end]
        elif kind == 2:
            content[start:end] = chance.choice(TOKENS)
        elif kind == 3:
            content[start:start] = content[start:end] * chance.choice((1, 2, 50))
        else:
            content[start:start] = chance.choice(TOKENS)
    return bytes(content)


def changed_json(seed: bytes, chance: random.Random) -> bytes:
    """JSON in which some values, anywhere, are others; now and then a change of bytes, as of any file."""
    if chance.random() < 0.2:
        return changed(seed, chance)
    value = json.loads(seed)
    odd = [None, True, -1, 0, 10**30, 1.5, "", "zz", "\ud800", [], {}, [[]], {"a": 1}, "9" * 300, -(10**9), [1, 2, 3]]
    for _ in range(chance.randint(1, 3)):
        place = value
        while isinstance(place, dict | list) and place:
            key = chance.choice(list(place)) if isinstance(place, dict) else chance.randrange(len(place))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and chance.random() < 0.7:
                place = inner
                continue
            action = chance.randrange(4)
            if action == 0:
                del place[key]
            else:
                place[key] = deepcopy(chance.choice(odd))
            break
    return json.dumps(value).encode()


def changed_tensors(seed: bytes, chance: random.Random) -> bytes:
    """Safetensors whose header, which is JSON, is another one; now and then a change of bytes, as of any file."""
    if chance.random() < 0.3:
        return changed(seed, chance)
    end = 8 + int.from_bytes(seed[:8], "little")
    header = json.loads(seed[8:end])
    inner = header.get("__metadata__", {}).get("about")
    if inner and chance.random() < 0.5:  # what a checkpoint says besides
        header["__metadata__"]["about"] = changed_json(inner.encode(), chance).decode("utf-8", "replace")
        told = json.dumps(header).encode()
    elif chance.random() < 0.3:  # another name of a tensor
        name = chance.choice([name for name in header if name != "__metadata__"])
        token = chance.choice(TOKENS).decode("latin-1")
        header[name.rpartition(".")[0] + "." + token + ("9" * 5000 if chance.random() < 0.2 else "")] = header.pop(name)
        told = json.dumps(header).encode()
    else:
        told = changed_json(json.dumps(header).encode(), chance)
    return len(told).to_bytes(8, "little") + told + seed[end:]


def _folder_with(name: str, items: bool = True) -> Callable[[bytes, Path], object]:
    def read(content: bytes, folder: Path) -> object:
        if items:
            (folder / "items.jsonl").write_text(ITEMS)
        (folder / name).write_bytes(content)
        return load(str(folder), min_count=1)

    return read


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def of(content: bytes, folder: Path) -> object:
        (folder / name).write_bytes(content)
        return read(folder / name)

    return of


def _parquet() -> bytes:
    table = pd.DataFrame({"user_id": ["u", "u", "v"], "item_id": ["i0", "i1", "i2"], "timestamp": [1, 2, 3]})
    held = io.BytesIO()
    table.to_parquet(held)
    return held.getvalue()


def _pictures() -> list[bytes]:
    from PIL import Image

    found = []
    for form in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
        held = io.BytesIO()
        Image.new("RGB", (20, 10), (200, 90, 20)).save(held, form)
        found.append(held.getvalue())
    return found


def _features(form: str) -> Callable[[], list[bytes]]:
    def make() -> list[bytes]:
        with tempfile.TemporaryDirectory() as folder:
            place, values = Path(folder, f"a.{form}"), np.arange(6, dtype=np.float32).reshape(2, 3)
            if form == "safetensors":
                write_features(place, values, ["i0", "i1"])
            elif form == "npz":
                np.savez(place, features=values, item_ids=np.array(["i0", "i1"]))
            else:
                np.save(place, values)
            return [place.read_bytes()]

    return make


@cache
def _world() -> tuple[Any, Any]:
    world = wardrobe("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4))
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    return world, MMSR(MMSRConfig(dim=8), world.num_items, books).eval()


@cache
def _session() -> Session:
    world, model = _world()
    return Session(model, world)


def _weights() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        save_tensors(Path(folder, "a.safetensors"), _world()[1].state_dict())
        return [Path(folder, "a.safetensors").read_bytes()]


SMALL = TrainConfig(epochs=1, device="cpu")


def _trained() -> tuple[MMSR, torch.optim.Optimizer]:
    """The small model after one step of Adam."""
    model = deepcopy(_world()[1])
    optimiser = torch.optim.Adam(model.parameters())
    sum(weight.square().sum() for weight in model.parameters()).backward()
    optimiser.step()
    return model, optimiser


def _checkpoint() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        model, optimiser = _trained()
        save_checkpoint(folder, model, optimiser, model.state_dict(), dict(sample("history")), asdict(SMALL))
        return [Path(folder, STATE, NUMBERS).read_bytes()]


def _read_checkpoint(content: bytes, folder: Path) -> object:
    model, optimiser = _trained()
    (folder / STATE).mkdir()
    (folder / STATE / NUMBERS).write_bytes(content)
    return load_checkpoint(folder, model, optimiser, {}, asdict(SMALL))


def _prepared() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "d")
        source.mkdir()
        (source / "interactions.csv").write_text(TABLE)
        prepare(str(source), Path(folder, "p"), min_count=1)
        return [Path(folder, "p/manifest.json").read_bytes()]


def _read_prepared(content: bytes, folder: Path) -> object:
    source = folder / "d"
    source.mkdir()
    (source / "interactions.csv").write_text(TABLE)
    prepare(str(source), folder / "p", min_count=1)
    (folder / "p/manifest.json").write_bytes(content)
    return load(str(folder / "p"))


def _record(content: bytes, folder: Path) -> object:
    record = as_record(_json(content))
    repr(record)
    for view in SHOWN[record.kind]:
        shown = view(record)
        shown.text, shown.html()
    return record


def _report(content: bytes, folder: Path) -> object:
    return save_report(folder / "a.html", sample("trace"), sample("history"), _json(content))


def _request(content: bytes, folder: Path) -> object:
    request = _json(content)
    if not isinstance(request, dict):
        return None
    return _session().do(request)


def _selection(content: bytes, folder: Path) -> object:
    asked, record = _json(content), sample("trace")
    if not isinstance(asked, dict):
        return None
    return describe(record, resolve_selection(record, asked))  # type: ignore[arg-type]


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MMSRError(f"no JSON: {error}") from error


def _dumped(*values: Any) -> Callable[[], list[bytes]]:
    return lambda: [json.dumps(value).encode() for value in values]


REQUESTS = (
    {"do": "add", "item": 2, "position": 1},
    {"do": "remove", "position": 1},
    {"do": "move", "position": 1, "to": 2},
    {"do": "replace", "position": 1, "item": 3},
    {"do": "user", "user": 1},
    {"do": "families", "families": ["homogeneous"]},
    {"do": "codes", "codes": 3, "codes_per_item": 2},
    {"do": "undo"},
    {"do": "find", "words": "a"},
    {"do": "what_if", "change": {"do": "drop", "modality": "picture", "position": 1}, "repeats": 2},
    {"do": "what_if", "change": [{"do": "edge", "centre": ["item", 1], "neighbour": ["item", 2]}], "repeats": 2},
    {"do": "what_if", "change": {"do": "gate", "to": "hohe", "type": "item", "id": 1, "layer": 0}, "repeats": 2},
)
METRICS = {"dataset": "d", "model": "m", "test": {"HR@5": 7.5}, "reachable": {"HR@5": 9.0}}
METRICS |= {"counting": {"markov": {"HR@5": 7.0}}, "headline": "all", "rankings": {"model": {"own_targets": 1.0}}}
CONFIG = {"id": "x", "source": "wardrobe:match", "model": "mmsr", "settings": {"dim": 8}, "train": {"epochs": 1}}
SHOWN: dict[str, tuple[Callable[[Any], Any], ...]] = {  # what shows each kind of record
    "trace": (show.msgraph, show.gates, show.attention, show.ranking, show.flow, show.step),
    "history": (show.training,),
    "what-if": (show.what_if,),
    "gates": (show.inspector,),
    "compare": (show.compare,),
    "faithfulness": (show.fidelity,),
    "codebook": (show.codebook,),
    "study": (show.study, show.curves, show.differences),
    "flow": (show.flow,),
    "leaks": (show.leaks,),
    "fusion": (show.fusion,),
    "stability": (show.stability,),
}
TARGETS: dict[str, Target] = {
    "csv": Target(lambda: [TABLE.encode()], _folder_with("interactions.csv")),
    "csv.gz": Target(lambda: [gzip.compress(TABLE.encode())], _folder_with("interactions.csv.gz")),
    "jsonl": Target(
        lambda: ["\n".join(json.dumps({"user_id": "u", "item_id": f"i{n}"}) for n in range(6)).encode()],
        _folder_with("interactions.jsonl"),
    ),
    "json": Target(
        _dumped([{"user_id": "u", "item_id": "i1", "timestamp": 1}], {"user_id": ["u"], "item_id": ["i1"]}),
        _folder_with("interactions.json"),
    ),
    "inter": Target(
        lambda: [b"user_id:token\titem_id:token\ttimestamp:float\nu\ti1\t1\nu\ti2\t2\n"], _folder_with("x.inter", False)
    ),
    "parquet": Target(lambda: [_parquet()], _folder_with("interactions.parquet")),
    "items": Target(lambda: [ITEMS.encode()], lambda content, folder: _items(content, folder)),
    "movielens": Target(
        lambda: [b"1\t2\t5\t100\n2\t2\t3\t101\n"],
        lambda content, folder: _movielens(content, folder),
    ),
    "amazon": Target(
        lambda: [b'{"reviewerID": "u", "asin": "A000000001", "unixReviewTime": 1}\n' * 3],
        lambda content, folder: _amazon(content, folder),
    ),
    **{
        form: Target(_features(form), _file(f"a.{form}", lambda file: read_features(file, ["", "i0"], ["i0", "i1"])))
        for form in ("safetensors", "npz", "npy")
    },
    "picture": Target(_pictures, _file("a.png", lambda file: open_picture(str(file), 32))),
    "address": Target(
        lambda: [(sample("trace").history[0]["picture"] or "data:image/png;base64,AAAA").encode()],
        lambda content, folder: untrusted.picture(content.decode("latin-1")),
    ),
    "weights": Target(_weights, _file("a.safetensors", lambda file: load_weights(file, _world()[1]))),
    "checkpoint": Target(_checkpoint, _read_checkpoint),
    "config": Target(_dumped(CONFIG), _file("config.json", lambda file: read_config(file).id)),
    "settings": Target(_dumped({"dim": 8, "epochs": 1, "lr": 0.01}), lambda content, folder: _settings(content)),
    "manifest": Target(_prepared, _read_prepared),
    "record": Target(lambda: [json.dumps(sample(kind)).encode() for kind in SHOWN], _record),
    "metrics": Target(_dumped(METRICS), _report),
    "request": Target(_dumped(*REQUESTS), _request),
    "selection": Target(_dumped({"user": 0, "position": 1, "node": 0, "layer": 0, "stage": 1, "edge": 0}), _selection),
}
JSON = {"json", "config", "settings", "manifest", "record", "metrics", "request", "selection"}
TENSORS = {"weights", "checkpoint", "safetensors"}


def _items(content: bytes, folder: Path) -> object:
    (folder / "interactions.csv").write_text(TABLE)
    (folder / "items.jsonl").write_bytes(content)
    return load(str(folder), min_count=1)


def _movielens(content: bytes, folder: Path) -> object:
    (folder / "u.data").write_bytes(content)
    (folder / "u.item").write_text("".join(f"{n}|F|||u|{'0|' * 18}1\n" for n in (1, 2)))
    return load(f"movielens:{folder}", min_count=1)


def _amazon(content: bytes, folder: Path) -> object:
    (folder / "reviews_X_5.json").write_bytes(content)
    (folder / "meta_X.json").write_text('{"asin": "A000000001", "title": "Hat"}\n')
    return load(f"amazon:{folder}/X", min_count=1)


def _settings(content: bytes) -> object:
    settings = _json(content)
    return RunConfig("wardrobe:match").with_settings(**settings) if isinstance(settings, dict) else None


class TooLong(Exception):
    """A target took longer than `SECONDS`."""


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise `TooLong` in the block when it takes more seconds of the processor, or waits twenty times as long.

    It is raised again each second: Python drops what is raised while it clears objects away.
    """

    def end(*_: Any) -> None:
        raise TooLong(f"longer than {seconds} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, 20 * seconds))
    before = [signal.signal(number, end) for number, _, _ in timers]
    for _, timer, limit in timers:
        signal.setitimer(timer, limit, 1)
    try:
        yield
    finally:
        for _, timer, _ in timers:
            signal.setitimer(timer, 0)
        for (number, _, _), handler in zip(timers, before, strict=True):
            signal.signal(number, handler)


def case_of(name: str, chance: random.Random) -> bytes:
    """One changed input of a target."""
    seed = chance.choice(_seeds(name))
    change = changed_json if name in JSON else changed_tensors if name in TENSORS else changed
    return change(seed, chance)


@cache
def _seeds(name: str) -> list[bytes]:
    return TARGETS[name].seeds()


def trouble(name: str, content: bytes) -> str | None:
    """What went wrong when a target read an input; None when it succeeded or raised an error of ours."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with time_limit(SECONDS):
                TARGETS[name].read(content, Path(folder))
        except MMSRError:
            pass
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return f"took {grown:,.0f} MiB" if grown > MEBIBYTES else None


def main(argv: list[str]) -> None:
    """Try all targets in turn for so long; print how many inputs each had, and what failed."""
    parser = argparse.ArgumentParser("python -m benchmarks fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="of the processor (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="of the changes (default: 0)")
    parser.add_argument("--only", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--out", default="runs/fuzz", help="where cases that fail are kept (default: runs/fuzz)")
    args = parser.parse_args(argv)
    chance, began = random.Random(args.seed), time.process_time()
    tried, failed, place = Counter[str](), dict[tuple[str, str], Path](), Path(args.out)
    signal.signal(signal.SIGTERM, _stop)
    try:
        while time.process_time() < began + 60 * args.minutes:
            for name in args.only:
                content = case_of(name, chance)
                tried[name] += 1
                if told := trouble(name, content):
                    key = (name, told.partition("\n")[0][:60])
                    if key not in failed:
                        place.mkdir(parents=True, exist_ok=True)
                        failed[key] = place / f"{name}-{len(failed)}"
                        failed[key].write_bytes(content)
                        print(f"{failed[key]}: {told[:300]}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    minutes = (time.process_time() - began) / 60
    print(f"{sum(tried.values()):,} inputs in {minutes:.1f} minutes of the processor, {len(failed)} kinds of failures:")
    print(dict(tried))


def _stop(*_: Any) -> None:
    """What was tried is told when the run is stopped, too."""
    raise KeyboardInterrupt
