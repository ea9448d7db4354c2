"""MovieLens as GroupLens publishes it: 100K (u.data), 1M and 10M (ratings.dat), 20M and later (ratings.csv).

Harper & Konstan, ACM TiiS 2015. Posters lie in posters/, named by the id of the movie. What else is known about the
movies, such as plots, stands in items.jsonl, .csv or .parquet beside the ratings, as in a folder of one's own.
"""

from pathlib import Path

import pandas as pd

from mmsr_lite.data.prepare import Raw
from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources.columns import kinds_of
from mmsr_lite.data.sources.folder import inputs, keyed_pictures
from mmsr_lite.data.sources.folder_tables import items_table
from mmsr_lite.errors import MMSRError

__all__ = ["inputs", "read"]

GENRES = "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror Musical"
GENRES_100K = [*GENRES.split(), "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"]  # u.item's last columns
RATINGS: dict[str, tuple[str, list[str] | None]] = {  # file of ratings -> separator, columns (None: see its heading)
    "u.data": ("\t", ["userId", "movieId", "rating", "timestamp"]),
    "ratings.dat": (":", ["userId", "-", "movieId", "--", "rating", "---", "timestamp"]),  # "::" is two separators
    "ratings.csv": (",", None),
}
MOVIES = {"u.data": "u.item", "ratings.dat": "movies.dat", "ratings.csv": "movies.csv"}


def read(path: str, *, columns: dict[str, str] | None = None, min_count: int | None = None) -> Raw:
    """Read a folder of MovieLens: titles and genres, and posters and further columns where they are there.

    A movie that is rated but not listed keeps its ratings, and has no modality.

    Args:
        path: the folder.
        columns: not used; the columns of MovieLens are known.
        min_count: not used; `build` filters.

    Returns:
        The tables, from which `prepare.build` makes a `Dataset`.

    Raises:
        MMSRError: a file is missing, or a row of it cannot be read.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\\n1,7,4.5,60\\n")
        >>> _ = (folder / "movies.csv").write_text("movieId,title,genres\\n7,Heat (1995),Crime|Thriller\\n")
        >>> read(str(folder)).items.to_dict("records")
        [{'item_id': '7', 'title': 'Heat (1995)', 'genres': ['Crime', 'Thriller']}]
    """
    root, reading = Path(path), Account()
    name = next((name for name in RATINGS if (root / name).is_file()), None)
    if name is None:
        raise MMSRError(f"{path!r} holds no ratings of MovieLens; expected one of {', '.join(RATINGS)}")
    try:
        table = _ratings(root / name)
        movies = _movies(root / MOVIES[name])
    except (OSError, ValueError, OverflowError, KeyError) as error:  # errors of pandas and of encodings are ValueErrors
        reason = str(error).partition("\n")[0]
        raise MMSRError(f"{path!r} cannot be read as MovieLens ({name}): {reason}") from error
    for label in ("user_id", "item_id"):  # as categories, each id is kept once in memory
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


def _ratings(file: Path) -> pd.DataFrame:
    """user_id, item_id and timestamp of every rating, as whole numbers; every row has all its fields."""
    import pyarrow as arrow
    import pyarrow.csv as arrow_csv

    separator, names = RATINGS[file.name]
    chosen = ["userId", "movieId", "timestamp"]
    table = arrow_csv.read_csv(
        file,
        read_options=arrow_csv.ReadOptions(column_names=names),
        parse_options=arrow_csv.ParseOptions(delimiter=separator, quote_char=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(chosen, arrow.int64()), include_columns=chosen, null_values=[]
        ),
    )
    if not len(table):
        raise ValueError("the file holds no ratings")
    return table.to_pandas().set_axis(["user_id", "item_id", "timestamp"], axis="columns")


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
