"""Amazon reviews as their authors publish them, of any category X: the editions of 2014, 2018 and 2023.

2014 (McAuley et al., SIGIR 2015; the paper's data): reviews_X_5.json.gz, reviews_X.json.gz or ratings_X.csv;
meta_X.json.gz, whose lines are Python literals; image_features_X.b. 2018 (Ni et al., EMNLP 2019): X_5.json.gz or
X.json.gz. 2023 (Hou et al., 2024): X.jsonl.gz; items are identified by `parent_asin`, and times are milliseconds.
Pictures lie in pictures/.
"""

import html
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.facts import Facts
from mmsr_lite.data.prepare import Raw, k_core
from mmsr_lite.data.reading import Account, shown
from mmsr_lite.data.sources.amazon_reviews import REVIEWS, reviews_of
from mmsr_lite.data.sources.folder import keyed_pictures
from mmsr_lite.data.sources.lines import lines, record
from mmsr_lite.data.sources.places import picture_files
from mmsr_lite.data.values import as_text
from mmsr_lite.errors import MMSRError

TEXTS = {  # our column -> its names in the editions
    "title": ("title",),
    "brand": ("brand", "store"),
    "categories": ("categories", "category"),
    "features": ("feature", "features"),
    "description": ("description",),
}
PICTURES = ("imUrl", "imageURLHighRes", "imageURL", "images")  # addresses: they are kept as text, and never fetched
LABELS = (*TEXTS, "picture_url")
ASIN = re.compile(rb"""["'](?:parent_)?asin["']\s*:\s*["']([^"']*)["']""")


def read(path: str, *, columns: dict[str, str] | None = None, min_count: int | None = None) -> Raw:
    """Read a file of reviews, and the metadata and picture features beside it.

    Of several reviews of one item by one user, the first counts. Lines that hold no review or no item are skipped and
    counted.

    Args:
        path: FOLDER/CATEGORY, the file of reviews, or a folder with only one such file.
        columns: not used; the columns of Amazon's files are known.
        min_count: k of the k-core, which is computed before any metadata is read; None (the default): 5.

    Returns:
        The tables, from which `prepare.build` makes a `Dataset`.

    Raises:
        MMSRError: there is no such file, it is cut short, or more of its lines are skipped than read.

    Example:
        >>> import json, tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> reviews = [{"reviewerID": "u1", "asin": asin, "unixReviewTime": 60} for asin in ("B01", "B02", "B01")]
        >>> _ = (folder / "reviews_Hats_5.json").write_text("".join(json.dumps(one) + "\\n" for one in reviews))
        >>> raw = read(f"{folder}/Hats", min_count=1)
        >>> raw.name, raw.interactions["item_id"].tolist()
        ('Hats', ['B01', 'B02'])
        >>> raw.reading.repeated
        {'reviews with the user, item and time of another (left out)': 1}
    """
    edition, category, file = _find(path)
    reviews, reading = reviews_of(file, edition), Account()
    reading.skipped, reading.examples = dict(reviews.skipped), list(reviews.examples)
    for sentence in reviews.notes:
        reading.note(sentence)
    first, same, later = _first(reviews.user, reviews.item, reviews.time)
    counts = {
        "reviews with the user, item and time of another (left out)": len(same),
        "later reviews of the same item by the same user (left out)": len(later),
    }
    reading.repeated = {reason: count for reason, count in counts.items() if count}
    for row in [*same[:3], *later[:3]]:
        reading.example(f"a review of {reviews.items[reviews.item[row]]} by {reviews.users[reviews.user[row]]} again")
    k = 5 if min_count is None else min_count
    rows = first[k_core(reviews.user[first], reviews.item[first], k)]  # before any metadata is read: less memory
    both = ((reviews.users, reviews.user), (reviews.items, reviews.item))
    names = [np.array(ids, dtype=object)[codes[rows]] for ids, codes in both]
    table = pd.DataFrame({"user_id": names[0], "item_id": names[1], "timestamp": reviews.time[rows]})
    ids = table["item_id"].unique()
    meta, stored = _beside(file, category)
    entries, unread = _metadata(meta, set(ids), reading) if meta else ({}, Counter())
    catalogue = pd.DataFrame({"item_id": ids})
    for label in LABELS:
        catalogue[label] = pd.Series([entries.get(own, {}).get(label, "") for own in ids], dtype=object)
    kinds = {label: "text" for label in LABELS if (catalogue[label] != "").any()}
    if pictures := keyed_pictures(file.parent, ids, reading):
        catalogue["image"], kinds["image"] = pd.Series(pictures, dtype=object), "picture"
    ready = {"image": stored} if stored else {}
    offered = tuple(label for label in kinds | ready if label != "picture_url")
    reading.read = {"reviews": len(reviews.user)} | ({"items in the metadata": len(entries)} if meta else {})
    for reason, count in unread.items():
        reading.skipped[f"lines of the metadata {reason}"] = count
    facts: Facts = {"edition": edition}
    if meta and len(ids) > len(entries):
        reading.absent["items without metadata"] = len(ids) - len(entries)
    return Raw(category, file.parent, table, catalogue, kinds, ready, offered, facts=facts, reading=reading)


def inputs(path: str) -> list[Path]:
    """List every file that `read` may read.

    Args:
        path: as for `read`.

    Returns:
        The files.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("reviews_Hats_5.json", "meta_Hats.json", "readme.txt"): (folder / name).touch()
        >>> [file.name for file in inputs(f"{folder}/Hats")]
        ['reviews_Hats_5.json', 'meta_Hats.json']
    """
    _, category, file = _find(path)
    pictures = sorted(other for files in picture_files(file.parent).values() for other in files)
    return [file, *filter(None, _beside(file, category)), *pictures]


def _find(path: str) -> tuple[str, str, Path]:
    """Edition, category and file of the reviews at a path.

    A table CATEGORY.csv counts only where the category or the file is named, since any table may have such a name.
    """
    place = Path(path)
    folder = place if place.is_dir() else place.parent
    forms = [(edition, form) for edition, (names, _) in REVIEWS.items() for form in names]
    entries: dict[Path, tuple[str, str, Path]] = {}  # edition, category, file of all that is there
    for edition, form in forms:
        for file in sorted(folder.glob(form.format("*") + "*")):
            match = re.fullmatch(re.escape(form).replace(r"\{\}", "(.+)"), file.name.removesuffix(".gz"))
            if match and not file.name.startswith("meta_"):
                entries.setdefault(file, (edition, match[1], file))
    named = [entries[file] for file in sorted(entries) if place in (folder / entries[file][1], file)]
    any_table = [file for file in entries if entries[file][0] == "2018" and ".csv" in file.suffixes]
    chosen = named or [entries[file] for file in sorted(entries) if place == folder and file not in any_table]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        names = ", ".join(repr(file.name) for _, _, file in chosen)
        raise MMSRError(f"{path!r} is any of {names}; name one: amazon:{chosen[0][2]}")
    there = ", ".join(sorted({category for _, category, _ in entries.values()})) or "none"
    wanted = f"FOLDER/X with one of {', '.join(form.format('X') + '.gz' for _, form in forms)}"
    raise MMSRError(f"there are no reviews at {path!r}; expected {wanted}; categories there: {there}")


def _beside(file: Path, category: str) -> tuple[Path | None, Path | None]:
    """The metadata and the picture features that lie beside a file of reviews, if any."""
    meta = f"meta_{category}.json"
    if ".jsonl" in file.name:
        meta += "l"
    there = {other.name: other for other in file.parent.iterdir() if other.is_file()}
    return there.get(meta) or there.get(f"{meta}.gz"), there.get(f"image_features_{category}.b")


def _first(user: np.ndarray, item: np.ndarray, time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three arrays of rows: each user's first review of each item, repeats at the same time, and later repeats."""
    order = np.lexsort((time, item, user))  # reviews at the same time keep their order
    repeated = np.r_[False, (np.diff(user[order]) == 0) & (np.diff(item[order]) == 0)]
    same = repeated & np.r_[False, np.diff(time[order]) == 0]
    return np.sort(order[~repeated]), order[same], order[repeated & ~same]


def _metadata(file: Path, wanted: set[str], reading: Account) -> tuple[dict[str, dict[str, str]], Counter[str]]:
    """Item -> its entries in the metadata; and reason -> how many lines were skipped, with examples in `reading`."""
    field, ids = "parent_asin" if ".jsonl" in file.name else "asin", {own.encode() for own in wanted}
    entries, skipped = dict[str, dict[str, str]](), Counter[str]()
    for number, line in enumerate(lines(file), 1):
        if (named := ASIN.findall(line)) and ids.isdisjoint(named):
            continue  # a Python literal takes a hundred times as long to read as this search for its id
        one = record(line)
        own = one.get(field) if one else None
        if one is None or not isinstance(own, str):
            if line.strip():
                skipped["that are no record" if one is None else "without an id"] += 1
                start = line[:200].decode("utf-8", errors="replace")
                reading.example(f"line {number} of {file.name!r}: {shown(start)}")
        elif own in entries:
            skipped["about an item that was listed before"] += 1
            reading.example(f"line {number} of {file.name!r} is about {own!r} again")
        elif own in wanted:
            entries[own] = {label: _clean(next(filter(None, map(one.get, TEXTS[label])), "")) for label in TEXTS}
            entries[own]["picture_url"] = _address(next(filter(None, map(one.get, PICTURES)), ""))
            if "getTime" in entries[own]["title"]:  # in the edition of 2018 some titles are the code of a page
                entries[own]["title"] = ""
    return entries, skipped


def _clean(value: Any) -> str:
    """A value as text, with the escapes of HTML resolved and each run of blanks made one blank.

    Example:
        >>> _clean(["Fair &amp; White", "Gel  30\\n"])
        'Fair & White, Gel 30'
    """
    text = as_text(value) if isinstance(value, str | list | tuple) else ""
    return " ".join(html.unescape(text).encode(errors="replace").decode().split())


def _address(value: Any) -> str:
    """The address of the first picture, of the large one where there are sizes; empty where there is none."""
    first = value[0] if isinstance(value, list) and value else value
    first = (first.get("large") or first.get("hi_res")) if isinstance(first, dict) else first
    return first if isinstance(first, str) and first.startswith("http") else ""
