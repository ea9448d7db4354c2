"""Amazon reviews as their authors give them out, of any category X: the editions of 2014, 2018 and 2023.

2014 (McAuley et al., SIGIR 2015; the paper's data): reviews_X_5.json.gz, reviews_X.json.gz or ratings_X.csv;
meta_X.json.gz, whose lines are Python literals; image_features_X.b. 2018 (Ni et al., EMNLP 2019): X_5.json.gz or
X.json.gz. 2023 (Hou et al., 2024): X.jsonl.gz, items by `parent_asin`, milliseconds. Pictures are in pictures/.
"""

import html
import json
import re
import warnings
from array import array
from collections import Counter
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import numpy as tensors

from mmsr_lite.data.prepare import Raw, as_text, k_core
from mmsr_lite.data.sources.folder import PICTURE_FOLDERS, keyed_pictures
from mmsr_lite.data.sources.lines import lines, record
from mmsr_lite.data.storage import atomic, cache_dir, content_hash, file_hash
from mmsr_lite.errors import MMSRError

REVIEWS = {  # edition: what its files of reviews are called, and who, what, when in a line of them
    "2014": (("reviews_{}_5.json", "reviews_{}.json", "ratings_{}.csv"), ("reviewerID", "asin", "unixReviewTime")),
    "2018": (("{}_5.json", "{}.json"), ("reviewerID", "asin", "unixReviewTime")),
    "2023": (("{}.jsonl",), ("user_id", "parent_asin", "timestamp")),
}
TEXTS = {  # our column: what the editions call it
    "title": ("title",),
    "brand": ("brand", "store"),
    "categories": ("categories", "category"),
    "features": ("feature", "features"),
    "description": ("description",),
}
PICTURES = ("imUrl", "imageURLHighRes", "imageURL", "images")  # addresses, which are kept and never asked
LABELS = (*TEXTS, "picture_url")
ASIN = re.compile(rb"""["'](?:parent_)?asin["']\s*:\s*["']([^"']*)["']""")
VERSION = 1  # counts up when the same file is read otherwise


def read(path: str, *, columns: dict[str, str] | None = None, min_count: int | None = None) -> Raw:
    """Read FOLDER/CATEGORY, or one file of reviews, and the metadata and picture features beside it.

    Of several reviews by one user of one item the first counts. Lines that hold no review or no item are skipped,
    counted in `facts` and told; `MMSRError` when a file is cut short, or when more of its lines are skipped than read.
    """
    edition, category, file = _find(path)
    user, item, time, users, items, skipped = _reviews(file, edition)
    first, again = _first(user, item, time)
    k = 5 if min_count is None else min_count
    rows = first[k_core(user[first], item[first], k)]  # before any metadata is read, so that memory stays small
    names = [np.array(ids, dtype=object)[codes[rows]] for ids, codes in ((users, user), (items, item))]
    table = pd.DataFrame({"user_id": names[0], "item_id": names[1], "timestamp": time[rows]})
    ids = table["item_id"].unique()
    meta, stored = _beside(file, category)
    found, unread = _metadata(meta, set(ids)) if meta else ({}, Counter())
    catalogue = pd.DataFrame({"item_id": ids})
    for label in LABELS:
        catalogue[label] = pd.Series([found.get(own, {}).get(label, "") for own in ids], dtype=object)
    kinds = {label: "text" for label in LABELS if (catalogue[label] != "").any()}
    if pictures := keyed_pictures(file.parent, ids):
        catalogue["image"], kinds["image"] = pd.Series(pictures, dtype=object), "picture"
    ready = {"image": stored} if stored else {}
    offered = tuple(label for label in kinds | ready if label != "picture_url")
    facts = {"edition": edition, "reviews": {"read": len(user), **again, **skipped}}
    if meta:
        facts["metadata"] = {"missing": len(ids) - len(found), **unread}
    if skipped or unread:
        warnings.warn(f"{file.name!r}: lines skipped: {skipped}; of its metadata: {dict(unread)}", stacklevel=3)
    return Raw(category, file.parent, table, catalogue, kinds, ready, offered, facts=facts)


def inputs(path: str) -> list[Path]:
    """Every file that `read` may read."""
    _, category, file = _find(path)
    pictures = sorted(other for place in PICTURE_FOLDERS for other in file.parent.glob(f"{place}/*"))
    return [file, *filter(None, _beside(file, category)), *pictures]


def _find(path: str) -> tuple[str, str, Path]:
    """Edition, category and file of reviews, named by FOLDER/CATEGORY, by the file, or by a folder with just one."""
    place = Path(path)
    folder = place if place.is_dir() else place.parent
    forms = [(edition, form) for edition, (names, _) in REVIEWS.items() for form in names]
    found: dict[Path, tuple[str, str, Path]] = {}  # edition, category, file of all that is there
    for edition, form in forms:
        for file in sorted(folder.glob(form.format("*") + "*")):
            match = re.fullmatch(re.escape(form).replace(r"\{\}", "(.+)"), file.name.removesuffix(".gz"))
            if match and not file.name.startswith("meta_"):
                found.setdefault(file, (edition, match[1], file))
    chosen = [found[file] for file in sorted(found) if place in (folder, folder / found[file][1], file)]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        names = ", ".join(repr(file.name) for _, _, file in chosen)
        raise MMSRError(f"{path!r} is any of {names}; name one: amazon:{chosen[0][2]}")
    there = ", ".join(sorted({category for _, category, _ in found.values()})) or "none"
    wanted = f"FOLDER/X with one of {', '.join(form.format('X') + '.gz' for _, form in forms)}"
    raise MMSRError(f"there are no reviews at {path!r}; expected {wanted}; categories there: {there}")


def _beside(file: Path, category: str) -> tuple[Path | None, Path | None]:
    """The metadata and the picture features that lie beside a file of reviews, if any."""
    meta = f"meta_{category}.json" + "l" * (".jsonl" in file.name)
    there = {other.name: other for other in file.parent.iterdir() if other.is_file()}
    return there.get(meta) or there.get(f"{meta}.gz"), there.get(f"image_features_{category}.b")


def _reviews(file: Path, edition: str) -> tuple:
    """Users (n,), items (n,), seconds (n,), the ids they are numbered by, lines skipped; kept by the file's content."""
    kept = cache_dir("reviews") / f"{content_hash(VERSION, edition, file_hash(file))}.safetensors"
    with suppress(Exception):  # not there, or damaged: it is made again
        stored = tensors.load(kept.read_bytes())
        ids = [json.loads(stored[name].tobytes()) for name in ("users", "items", "skipped")]
        return stored["user"], stored["item"], stored["time"], *ids
    who, what, at = REVIEWS[edition][1]
    user, item, time, skipped = array("i"), array("i"), array("d"), Counter[str]()
    users, items = dict[str, int](), dict[str, int]()
    commas = ".csv" in file.suffixes
    for line in lines(file):
        try:
            if commas:
                one, other, _, when = line.decode().split(",") if line.strip() else ("", "", "", "")
            elif (found := record(line)) is not None:
                one, other, when = found[who], found[what], found[at]
            else:
                skipped["no record"] += bool(line.strip())
                continue
            (one + other).encode()  # refuses half a pair of surrogates, and what are no strings
            seconds = float(when)
            if not (one and other and isfinite(seconds)):
                raise ValueError
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            skipped["no user, item or time"] += bool(line.strip())
            continue
        user.append(users.setdefault(one, len(users)))
        item.append(items.setdefault(other, len(items)))
        time.append(seconds)
    if len(user) <= sum(skipped.values()):
        told = f"{len(user)} reviews of the {edition} edition and {sum(skipped.values())} lines that are none"
        raise MMSRError(f"{str(file)!r} holds {told} {dict(skipped)}; is it another kind of file?")
    numbers: dict[str, np.ndarray] = {"user": np.frombuffer(user, np.int32), "item": np.frombuffer(item, np.int32)}
    numbers["time"] = np.frombuffer(time) / (1000 if edition == "2023" else 1)
    names = {"users": list(users), "items": list(items), "skipped": dict(+skipped)}
    packed = {name: np.frombuffer(json.dumps(found).encode(), np.uint8) for name, found in names.items()}
    with suppress(MMSRError), atomic(kept) as tmp:  # a full disk costs only the time to read it again
        tmp.write_bytes(tensors.save(packed | numbers))
    return *numbers.values(), *names.values()


def _first(user: np.ndarray, item: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """The rows, in their order, of each user's first review of each item; how many others there were."""
    order = np.lexsort((time, item, user))  # stable
    again = np.r_[False, (np.diff(user[order]) == 0) & (np.diff(item[order]) == 0)]
    same = again & np.r_[False, np.diff(time[order]) == 0]
    return np.sort(order[~again]), {"the same again": int(same.sum()), "later, same item": int((again & ~same).sum())}


def _metadata(file: Path, wanted: set[str]) -> tuple[dict[str, dict[str, str]], Counter[str]]:
    """What is told of the wanted items, and how many lines were skipped."""
    field, ids = "parent_asin" if ".jsonl" in file.name else "asin", {own.encode() for own in wanted}
    found, skipped = dict[str, dict[str, str]](), Counter[str]()
    for line in lines(file):
        if (named := ASIN.findall(line)) and ids.isdisjoint(named):
            continue  # reading a Python literal takes a hundred times as long as seeing that nobody asks for it
        one = record(line)
        own = one.get(field) if one else None
        if one is None or not isinstance(own, str):
            skipped["no record" if one is None else "no id"] += bool(line.strip())
        elif own in found:
            skipped["listed again"] += 1
        elif own in wanted:
            found[own] = {label: _clean(next(filter(None, map(one.get, TEXTS[label])), "")) for label in TEXTS}
            found[own]["picture_url"] = _address(next(filter(None, map(one.get, PICTURES)), ""))
            if "getTime" in found[own]["title"]:  # the code of a page, in the edition of 2018
                found[own]["title"] = ""
    return found, +skipped


def _clean(value: Any) -> str:
    """Text without HTML's escapes, each run of blanks one.

    >>> _clean(["Fair &amp; White", "Gel  30\\n"])
    'Fair & White, Gel 30'
    """
    text = as_text(value) if isinstance(value, str | list | tuple) else ""
    return " ".join(html.unescape(text).encode(errors="replace").decode().split())


def _address(value: Any) -> str:
    """The first address of a picture, the large one where there are sizes."""
    first = value[0] if isinstance(value, list) and value else value
    first = (first.get("large") or first.get("hi_res")) if isinstance(first, dict) else first
    return first if isinstance(first, str) and first.startswith("http") else ""
