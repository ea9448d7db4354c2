"""MovieLens in the forms of each release, with posters and plots beside it."""

import json
import shutil

import pytest
from PIL import Image

from mmsr_lite.data import load
from mmsr_lite.data.prepared import prepare
from mmsr_lite.data.sources.movielens import GENRES_100K
from mmsr_lite.data.statistics import statistics
from mmsr_lite.errors import MMSRError

MOVIES = [("1", "Amélie (2001)", ["Comedy", "Romance"]), ("2", "Alien: Director's Cut, The (1979)", ["Horror"])]
MOVIES += [("7", "M", [])]
RATINGS = [(u, m, 3, 100 * u + (-m)) for u in range(1, 6) for m in (1, 2, 7)]


def write(folder, form, ratings=RATINGS, movies=MOVIES):
    """Five users who rate three movies, the last of them first, or what is told."""
    folder.mkdir()
    between, encoding = {"100k": "\t", "20m": ","}.get(form, "::"), "latin-1" if form in ("100k", "1m") else "utf-8"
    rows = [between.join(map(str, row)) for row in ratings]
    listed = [(own, title, "|".join(genres) or "(no genres listed)") for own, title, genres in movies]
    if form == "100k":
        names = ("u.data", "u.item")
        flags = ["|".join(str(int(name in genres)) for name in GENRES_100K) for _, _, genres in movies]
        about = [f"{own}|{title}|01-Jan-1999||http://x|{flags[row]}" for row, (own, title, _) in enumerate(movies)]
    elif form == "20m":
        names, rows = ("ratings.csv", "movies.csv"), ["userId,movieId,rating,timestamp", *rows]
        about = ["movieId,title,genres", *(f'{own},"{title}",{genres}' for own, title, genres in listed)]
    else:
        names, about = ("ratings.dat", "movies.dat"), ["::".join(one) for one in listed]
    for name, content in zip(names, (rows, about), strict=True):
        (folder / name).write_text("\n".join(content) + "\n", encoding=encoding, errors="replace")
    return folder


@pytest.mark.parametrize("form", ["100k", "1m", "10m", "20m"])
def test_every_release_says_the_same(tmp_path, form):
    dataset = load(f"movielens:{write(tmp_path / 'ml', form)}", min_count=1)
    assert dataset.item_ids == ("", "1", "2", "7") and dataset.titles[1:] == tuple(title for _, title, _ in MOVIES)
    assert dataset.user_ids == ("1", "2", "3", "4", "5") and dataset.history(0).tolist() == [3, 2, 1]
    assert dataset.texts["genres"] == ("", "Comedy, Romance", "Horror", "")
    assert {one.name: one.present.sum() for one in dataset.modalities} == {"title": 3, "genres": 2}


def test_posters_are_found_by_id_and_plots_by_table(tmp_path):
    folder = write(tmp_path / "ml", "1m")
    (folder / "posters").mkdir()
    for own in ("2", "99"):
        Image.new("RGB", (40, 60), "red").save(folder / f"posters/{own}.JPG", "JPEG")
    (folder / "items.jsonl").write_text(json.dumps({"item_id": "7", "plot": "a murderer", "title": "other"}))
    dataset = load(f"movielens:{folder}", min_count=1)
    assert [one.name for one in dataset.modalities] == ["title", "genres", "plot", "poster"]
    assert dataset.modality("poster").present.tolist() == [False, False, True, False]
    assert dataset.modality("plot").present.tolist() == [False, False, False, True] and dataset.titles[3] == "M"


BAD = {
    "no ratings": ("u.data", None, "holds no ratings of MovieLens; expected one of u.data, ratings.dat, ratings.csv"),
    "no movies": ("u.item", None, "cannot be read as MovieLens .*u.item"),
    "no bytes": ("u.data", b"", "cannot be read as MovieLens .*Empty CSV"),
    "words": ("u.data", b"1\tone\t3\t100\n", "cannot be read as MovieLens .*'one'"),
    "a fraction": ("u.data", b"1.5\t1\t3\t100\n", "cannot be read as MovieLens"),
    "no time": ("u.data", b"1\t1\t3\t\n", "cannot be read as MovieLens"),
    "too few fields": ("u.data", b"1\t1\n", "cannot be read as MovieLens"),
    "zeros": ("u.data", b"\0" * 64, "cannot be read as MovieLens"),
    "a short movie": ("u.item", b"1|Alien\n", "cannot be read as MovieLens"),
    "a movie twice": ("u.item", "twice", "3 item ids are listed more than once: '1', '2', '7'"),
    "unknown movies alone": (
        "u.data",
        b"1\t5\t3\t100\n",
        "none of the 1 items in the interactions is in the items file",
    ),
}


@pytest.mark.parametrize(("file", "content", "says"), BAD.values(), ids=BAD)
def test_a_damaged_file_is_told_and_nothing_half_written_remains(tmp_path, file, content, says):
    folder = write(tmp_path / "ml", "100k")
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes((folder / file).read_bytes() * 2 if content == "twice" else content)
    with pytest.raises(MMSRError, match=says):
        prepare(f"movielens:{folder}", tmp_path / "out", min_count=1)
    assert [path.name for path in tmp_path.iterdir()] == ["ml"]


def test_a_csv_with_other_columns_is_told(tmp_path):
    folder = write(tmp_path / "ml", "20m")
    (folder / "ratings.csv").write_text("user,movie,rating,time\n1,1,1,1\n")
    with pytest.raises(MMSRError, match=r"cannot be read as MovieLens .*userId"):
        load(f"movielens:{folder}")


@pytest.mark.shared_data
def test_ml_100k_in_its_raw_form_is_ml_100k(shared_data, tmp_path):
    known = load(shared_data / "ml-100k", modalities=[], min_count=0)
    seen = zip(known.user, known.item, known.time.astype(int), strict=True)
    rows = [(known.user_ids[user], known.item_ids[item], 3, time) for user, item, time in seen]
    genres = [set(own.split(", ")) for own in known.texts["genres"]]
    movies = list(zip(known.item_ids, known.titles, genres, strict=True))[1:]
    folder = write(tmp_path / "ml-100k", "100k", rows, movies)
    shutil.copytree(shared_data / "ml-100k" / "posters", folder / "posters")
    found = load(f"movielens:{folder}", modalities=["genres"], min_count=0)
    assert found.item.tolist() == known.item.tolist() and found.user_ids == known.user_ids
    assert statistics(found)["interactions"] == 100_000 and found.texts["genres"] == known.texts["genres"]
    assert sum(picture is not None for picture in found.pictures) == 1_669
