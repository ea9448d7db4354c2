"""Read Amazon's files of reviews or ratings: which user reviewed which item when, as numbers that fit into memory."""

import csv
import json
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from math import isfinite
from pathlib import Path

import numpy as np
from safetensors import numpy as tensors

from mmsr_lite.data.reading import MOST_EXAMPLES, shown
from mmsr_lite.data.sources.lines import lines, record
from mmsr_lite.data.storage import atomic, cache_dir, content_hash, file_hash
from mmsr_lite.errors import MMSRError

REVIEWS = {  # edition -> the names of its files of reviews, and the entries for user, item and time in a line
    "2014": (("reviews_{}_5.json", "reviews_{}.json", "ratings_{}.csv"), ("reviewerID", "asin", "unixReviewTime")),
    "2018": (("{}_5.json", "{}.json", "{}.csv"), ("reviewerID", "asin", "unixReviewTime")),
    "2023": (("{}.jsonl",), ("user_id", "parent_asin", "timestamp")),
}
RATINGS = {"2014": (0, 1, 3), "2018": (1, 0, 3)}  # edition -> the places of user, item and time in a row of ratings
ASIN = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
SAMPLE = 1000  # rows that are looked at to tell users from items
VERSION = 3  # of the reader: a new number makes the cache read all files again


@dataclass(frozen=True)
class Reviews:
    """Reviews as numbers.

    Args:
        user: (n,) the place of the user in `users`.
        item: (n,) the place of the item in `items`.
        time: (n,) seconds since 1970.
        users: the ids of the users.
        items: the ids of the items.
        skipped: reason -> how many lines were left out for it.
        examples: the first of these lines.
        notes: sentences about how the file was understood.

    Example:
        >>> times = np.array([60.0, 90.0])
        >>> reviews = Reviews(np.array([0, 0]), np.array([0, 1]), times, ["u"], ["B01", "B02"], {}, [], [])
        >>> [reviews.items[item] for item in reviews.item]
        ['B01', 'B02']
    """

    user: np.ndarray
    item: np.ndarray
    time: np.ndarray
    users: list[str]
    items: list[str]
    skipped: dict[str, int]
    examples: list[str]
    notes: list[str]


def reviews_of(file: Path, edition: str) -> Reviews:
    """Read all reviews in a file, or take them from the cache when the same content was read before.

    Args:
        file: the file of reviews.
        edition: the edition of Amazon's files, one of `REVIEWS`.

    Returns:
        The reviews.

    Raises:
        MMSRError: the file is damaged, or more of its lines are skipped than read.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "ratings_Hats.csv"
        >>> _ = file.write_text("u1,B01,5.0,60\\nu1,B02,4.0,90\\nu2,B01\\n")
        >>> reviews = reviews_of(file, "2014")
        >>> reviews.users, reviews.items, reviews.time.tolist()
        (['u1'], ['B01', 'B02'], [60.0, 90.0])
        >>> reviews.skipped  # the third line is cut short
        {'lines without user, item or time': 1}
    """
    kept = cache_dir("reviews") / f"{content_hash(VERSION, edition, file.suffixes[:1], file_hash(file))}.safetensors"
    with suppress(Exception):  # not there, or damaged: it is made again
        stored = tensors.load(kept.read_bytes())
        words = [json.loads(stored[name].tobytes()) for name in ("users", "items", "skipped", "examples", "notes")]
        return Reviews(stored["user"], stored["item"], stored["time"], *words)
    parsed = _read(file, edition)
    numbers = {"user": parsed.user, "item": parsed.item, "time": parsed.time}
    names = {"users": parsed.users, "items": parsed.items, "skipped": parsed.skipped}
    names |= {"examples": parsed.examples, "notes": parsed.notes}
    packed = {name: np.frombuffer(json.dumps(words).encode(), np.uint8) for name, words in names.items()}
    with suppress(MMSRError), atomic(kept) as tmp:  # a full disk costs only the time to read it again
        tmp.write_bytes(tensors.save(numbers | packed))
    return parsed


def _read(file: Path, edition: str) -> Reviews:
    """Read all reviews in a file, without the cache."""
    user, item, time, skipped = array("i"), array("i"), array("d"), Counter[str]()
    users, items = dict[str, int](), dict[str, int]()
    examples: list[str] = []
    notes: list[str] = []
    if ".csv" in file.suffixes:
        rows, edition = _ratings(file, edition, notes)
    else:
        rows = _records(file, edition)
    for number, line, values in rows:
        if not line.strip():
            continue
        try:
            if values is None:
                raise LookupError
            one, other, when = values
            (one + other).encode()  # raises for half a surrogate pair, and for values that are no strings
            seconds = float(when)
            if not (one and other and isfinite(seconds)):
                raise ValueError
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
            reason = (
                "lines that are no record" if isinstance(error, LookupError) else "lines without user, item or time"
            )
            skipped[reason] += 1
            if len(examples) < MOST_EXAMPLES:
                examples.append(
                    f"line {number} of {file.name!r}: {shown(line[:200].decode('utf-8', errors='replace'))}"
                )
            continue
        user.append(users.setdefault(one, len(users)))
        item.append(items.setdefault(other, len(items)))
        time.append(seconds)
    if len(user) <= sum(skipped.values()):
        reasons = "; ".join(f"{count:,} {reason}" for reason, count in skipped.items()) or "nothing else"
        shows = f", such as {examples[0]}" if examples else ""
        raise MMSRError(
            f"{str(file)!r} holds {len(user)} reviews of the {edition} edition and {sum(skipped.values())} lines that "
            f"are none ({reasons}){shows}; is it another kind of file?"
        )
    times = np.frombuffer(time) / (1000 if edition == "2023" else 1)
    numbers = (np.frombuffer(user, np.int32), np.frombuffer(item, np.int32), times)
    return Reviews(*numbers, list(users), list(items), dict(skipped), examples, notes)


def _records(file: Path, edition: str) -> Iterator[tuple[int, bytes, tuple | None]]:
    """For each line its number, its bytes, and (user, item, time), or None where it holds no record."""
    who, what, at = REVIEWS[edition][1]
    for number, line in enumerate(lines(file), 1):
        parsed = record(line)
        yield number, line, None if parsed is None else (parsed.get(who), parsed.get(what), parsed.get(at))


def _ratings(file: Path, edition: str, notes: list[str]) -> tuple[Iterator[tuple[int, bytes, tuple | None]], str]:
    """As `_records`, of a file of ratings; and its edition, which is 2023 when the file has that heading.

    Rows have user, item, rating, time in the edition of 2014, and item, user, rating, time in that of 2018. Where the
    first rows have item ids, which are ten signs at Amazon, in the other column, user and item are exchanged; a note
    says so.
    """
    stream = enumerate(lines(file), 1)
    sample = list(islice(stream, SAMPLE))
    first = _fields(sample[0][1]) if sample else []
    if first and {"user_id", "timestamp"} <= set(first) and {"parent_asin", "asin"} & set(first):
        item = "parent_asin" if "parent_asin" in first else "asin"
        places, count = (first.index("user_id"), first.index(item), first.index("timestamp")), len(first)
        sample, edition = sample[1:], "2023"
    else:
        places, count = RATINGS.get(edition, RATINGS["2014"]), 4
        rows = [fields for _, line in sample if (fields := _fields(line)) and len(fields) == 4]
        users, items = (sum(bool(ASIN.fullmatch(fields[place])) for fields in rows) for place in places[:2])
        if users > 2 * items and 2 * users > len(rows):
            places = (places[1], places[0], places[2])
            order = "item, user" if places[0] else "user, item"
            notes.append(
                f"{file.name!r}: the columns are read as {order}, rating, time, since the ids show it; "
                f"the edition of {edition} has them the other way round."
            )

    def rows_of_all() -> Iterator[tuple[int, bytes, tuple | None]]:
        for number, line in chain(sample, stream):
            fields = _fields(line)
            whole = fields is not None and len(fields) == count
            yield number, line, tuple(fields[place] for place in places) if whole else ("", "", "")  # type: ignore[index]

    return rows_of_all(), edition


def _fields(line: bytes) -> list[str] | None:
    """The fields of a row, without quotation marks; None when the row is no text."""
    try:
        text = line.decode().strip().removeprefix("\ufeff")
        return next(csv.reader([text])) if '"' in text else text.split(",")
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return None
