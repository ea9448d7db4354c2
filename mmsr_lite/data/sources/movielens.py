"""MovieLens as GroupLens gives it out: 100K (u.data), 1M and 10M (ratings.dat), 20M and later (ratings.csv).

Harper & Konstan, ACM TiiS 2015. Posters lie in posters/, named by the movie's id; what else is known of the movies
(plots, say) in items.jsonl, .csv or .parquet beside the ratings, as in a folder of one's own.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from mmsr_lite.data.prepare import Raw
from mmsr_lite.data.reading import Reading
from mmsr_lite.data.sources.columns import kinds_of
from mmsr_lite.data.sources.folder import inputs, items_table, keyed_pictures
from mmsr_lite.errors import MMSRError

__all__ = ["inputs", "read"]

GENRES = "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical"
GENRES_100K = [*GENRES.split(), "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"]  # u.item's last columns
RATINGS: dict[str, dict[str, Any]] = {  # file of ratings: how pandas reads user, item, time from it
    "u.data": {"sep": "\t", "header": None, "usecols": [0, 1, 3]},
    "ratings.dat": {"sep": ":", "header": None, "usecols": [0, 2, 6]},  # "::" is two separators, for the fast reader
    "ratings.csv": {"header": 0, "usecols": ["userId", "movieId", "timestamp"]},
}
FIELDS = {"u.data": ("\t", 4), "ratings.dat": (":", 7), "ratings.csv": (",", 4)}  # separator, fields of a row
MOVIES = {"u.data": "u.item", "ratings.dat": "movies.dat", "ratings.csv": "movies.csv"}


def read(path: str, *, columns: dict[str, str] | None = None, min_count: int | None = None) -> Raw:
    """Read a folder of MovieLens with title and genres, posters and further columns if they are there.

    A movie that is rated and not listed keeps its ratings and has no modality.

    Args:
        path: the folder.
        columns: not used here; the columns of MovieLens are known.
        min_count: not used here; `build` filters.

    Raises:
        MMSRError: a file is missing, or a row of it cannot be read.
    """
    root, reading = Path(path), Reading()
    name = next((name for name in RATINGS if (root / name).is_file()), None)
    if name is None:
        raise MMSRError(f"{path!r} holds no ratings of MovieLens; expected one of {', '.join(RATINGS)}")
    try:
        _check_fields(root / name)
        table = pd.read_csv(root / name, dtype="int64", index_col=False, **RATINGS[name])
        movies = _movies(root / MOVIES[name])
    except MMSRError:
        raise
    except (OSError, ValueError, OverflowError, KeyError) as error:  # pandas' errors and those of text are ValueErrors
        reason = str(error).partition("\n")[0]
        raise MMSRError(f"{path!r} cannot be read as MovieLens ({name}): {reason}") from error
    table.columns = pd.Index(["user_id", "item_id", "timestamp"])
    for label in ("user_id", "item_id"):  # categories: an id is kept once, however often it occurs
        codes, ids = pd.factorize(table[label])
        table[label] = pd.Categorical.from_codes(codes, categories=ids.astype(str))
    more = items_table(root, {})
    if "item_id" in more:
        movies = movies.merge(more[more.columns.difference(["title", "genres"], sort=False)], "left", "item_id")
    kinds = {"title": "text", "genres": "text"} | kinds_of(more.drop(columns=["title", "genres"], errors="ignore"))
    if "picture" not in kinds.values() and (posters := keyed_pictures(root, movies["item_id"], reading)):
        movies["poster"], kinds["poster"] = pd.Series(posters, dtype=object), "picture"
    reading.read = {"interactions": len(table), "items": len(movies)}
    return Raw(root.resolve().name, root, table, movies, kinds, {}, tuple(kinds), reading=reading)


def _check_fields(file: Path) -> None:
    """Raise at the first row with another number of fields than MovieLens has."""
    separator, count = FIELDS[file.name]
    sign = separator.encode()
    with open(file, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip() and line.count(sign) != count - 1:
                fields = line.count(sign) + 1
                quoted = line.strip()[:60].decode("utf-8", errors="replace")
                raise MMSRError(
                    f"{str(file)!r} cannot be read as MovieLens ({file.name}): line {number} has {fields} fields between "
                    f"{separator!r}, expected {count}: {quoted!r}"
                )


def _movies(file: Path) -> pd.DataFrame:
    """item_id, title and genres (lists) of every movie."""
    if file.suffix == ".csv":
        movies = pd.read_csv(file, dtype=str, keep_default_na=False, index_col=False, on_bad_lines="error")
        rows = movies[["movieId", "title", "genres"]].to_numpy().tolist()
    else:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # all but 10M are in Latin-1
            text = file.read_text(encoding="latin-1")
        split = [line.split("|" if file.name == "u.item" else "::") for line in text.split("\n") if line.strip()]
        if file.name == "u.item":
            names = ["|".join(g for g, flag in zip(GENRES_100K, one[5:], strict=True) if flag == "1") for one in split]
            split = [[*one[:2], names[row]] for row, one in enumerate(split)]
        rows = [[own, title, genres] for own, title, genres in split]
    movies = pd.DataFrame(rows, columns=["item_id", "title", "genres"])
    movies["genres"] = [[] if genres.startswith("(no genres") else genres.split("|") for genres in movies["genres"]]
    return movies
