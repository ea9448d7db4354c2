"""Amazon reviews as their authors give them out, of any category X: the editions of 2014, 2018 and 2023.

2014 (McAuley et al., SIGIR 2015; the paper's data): reviews_X_5.json.gz, reviews_X.json.gz or ratings_X.csv;
meta_X.json.gz, whose lines are Python literals; image_features_X.b. 2018 (Ni et al., EMNLP 2019): X_5.json.gz or
X.json.gz. 2023 (Hou et al., 2024): X.jsonl.gz, items by `parent_asin`, milliseconds. Pictures are in pictures/.
"""

from __future__ import annotations

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
    modalities = [label for label in kinds if label != "picture_url"]
    if pictures := keyed_pictures(file.parent, ids):
        catalogue["image"], kinds["image"] = pd.Series(pictures, dtype=object), "picture"
    ready = {"image": stored} if stored else {}
    facts = {"edition": edition, "reviews": {"read": len(user), **again, **skipped}}
    if meta:
        facts["metadata"] = {"missing": len(ids) - len(found), **unread}
    if sum(skipped.values()) + sum(unread.values()):
        warnings.warn(f"{file.name!r}: lines skipped: {dict(skipped)}; of its metadata: {dict(unread)}", stacklevel=3)
    offered = tuple(dict.fromkeys([*modalities, *(["image"] if pictures else []), *ready]))
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
    found = []  # (edition, category, file) of all that is there
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        name = file.name.removesuffix(".gz")
        for edition, (names, _) in REVIEWS.items():
            fits = [re.fullmatch(re.escape(form).replace(r"\{\}", "(.+)"), name) for form in names]
            if (match := next(filter(None, fits), None)) and not name.startswith("meta_"):
                found.append((edition, match[1], file))
                break
    chosen = [one for one in found if place in (folder, folder / one[1], one[2])]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        told = f"is any of {', '.join(repr(one[2].name) for one in chosen)}; name one: amazon:{chosen[0][2]}"
        raise MMSRError(f"{path!r} {told}")
    there = ", ".join(sorted({one[1] for one in found})) or "none"
    wanted = ", ".join(f"{form.format('X')}.gz" for names, _ in REVIEWS.values() for form in names)
    raise MMSRError(
        f"there are no reviews at {path!r}; expected FOLDER/X with one of {wanted}; categories there: {there}"
    )


def _beside(file: Path, category: str) -> tuple[Path | None, Path | None]:
    """The metadata and the picture features that lie beside a file of reviews, if any."""
    meta = f"meta_{category}.json" + "l" * (".jsonl" in file.name)
    names = [(meta, f"{meta}.gz"), (f"image_features_{category}.b",)]
    found = [next((file.parent / name for name in some if (file.parent / name).is_file()), None) for some in names]
    return found[0], found[1]


def _reviews(
    file: Path, edition: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str], list[str], dict[str, int]]:
    """Users (n,), items (n,), seconds (n,), the ids they are numbered by, lines skipped; kept by the file's content."""
    kept = cache_dir("reviews") / f"{content_hash(VERSION, edition, file_hash(file))}.safetensors"
    try:
        stored = tensors.load(kept.read_bytes())
        ids = [json.loads(stored[name].tobytes()) for name in ("users", "items", "skipped")]
        return stored["user"], stored["item"], stored["time"], *ids
    except Exception:  # not there, or damaged: it is made again
        pass
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
    codes = np.frombuffer(user, np.int32), np.frombuffer(item, np.int32)
    times = np.frombuffer(time) / (1000 if edition == "2023" else 1)
    names: dict[str, Any] = {
        "users": list(users),
        "items": list(items),
        "skipped": {why: n for why, n in skipped.items() if n},
    }
    packed = {name: np.frombuffer(json.dumps(found).encode(), np.uint8) for name, found in names.items()}
    with suppress(MMSRError), atomic(kept) as tmp:  # a full disk costs only the time to read it again
        tmp.write_bytes(tensors.save(packed | {"user": codes[0], "item": codes[1], "time": times}))
    return *codes, times, list(users), list(items), names["skipped"]


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
