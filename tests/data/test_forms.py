"""The forms in which people bring their data: tables in memory, RecBole, MMRec, Hugging Face, and shops by recipe."""

import csv
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

import mmsr_lite
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.reading import ReadingNote
from mmsr_lite.errors import MMSRError

pytestmark = pytest.mark.filterwarnings("ignore::mmsr_lite.data.reading.ReadingNote")
ROWS = {"user_id": ["u", "u", "v"], "item_id": ["b", "a", "a"], "timestamp": [20, 10, 5]}
ITEMS = {"item_id": ["a", "b", "c"], "title": ["red hat", "blue coat", "scarf"], "price": [1, 2, 3]}


def picture(file, colour="red"):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(file)


def names(dataset) -> list[str]:
    return [one.name for one in dataset.modalities]


def histories(dataset) -> dict[str, list[str]]:
    return {own: [dataset.item_ids[i] for i in dataset.history(user)] for user, own in enumerate(dataset.user_ids)}


@pytest.mark.parametrize("form", [pd.DataFrame, pa.table, dict, lambda table: pd.DataFrame(table).set_index("item_id")])
def test_tables_in_memory_are_read_like_a_folder_and_stay_as_they_are(form):
    rows, items = form(ROWS), form(ITEMS)
    before = str(rows), str(items)
    dataset = Dataset.from_frames(rows, items, min_count=1, name="mine")
    assert histories(dataset) == {"u": ["a", "b"], "v": ["a"]} and dataset.titles == ("", "red hat", "blue coat")
    assert names(dataset) == ["title"] and dataset.name == "mine" and (str(rows), str(items)) == before


def test_tables_in_memory_take_numbers_for_ids_other_names_and_no_items():
    rows = pd.DataFrame(
        {"who": [7, 7], "what": [1, 2], "when": pd.to_datetime(["2020-01-02", "2020-01-01"])}, index=[5, 5]
    )
    columns = {"user_id": "who", "item_id": "what", "timestamp": "when"}
    dataset = Dataset.from_frames(rows, columns=columns, min_count=1)
    assert histories(dataset) == {"7": ["2", "1"]} and dataset.modalities == ()


@pytest.mark.parametrize("how", ["folder", "paths", "column"])
def test_tables_in_memory_have_pictures_by_id_by_path_or_by_column(tmp_path, how):
    picture(tmp_path / "deep/a.png")
    items = pd.DataFrame(ITEMS)
    given = {"folder": tmp_path, "paths": {"a": tmp_path / "deep/a.png"}, "column": tmp_path}[how]
    if how == "column":
        items["photo"] = ["deep/a.png", "deep/b.png", "deep/c.png"]
    dataset = Dataset.from_frames(ROWS, items, pictures=given, min_count=1)
    label = "photo" if how == "column" else "picture"
    assert names(dataset) == ["title", label] and dataset.modality(label).present.tolist() == [False, True, False]


BAD_FRAMES = {
    "no table": ((3,), {}, "the interactions are a int; expected a pandas DataFrame or an Arrow table"),
    "no rows": (({"user_id": [], "item_id": []},), {}, "the interactions hold no rows"),
    "no user": (({"item_id": ["a"]},), {}, "'interactions' has no column 'user_id'; found: item_id"),
    "other lengths": (({"user_id": ["u"], "item_id": []},), {}, "columns of different lengths"),
    "a name that is not there": ((ROWS,), {"columns": {"user_id": "who"}}, "have no column 'who' to be 'user_id'"),
    "two columns of one name": (
        (pd.DataFrame([["u", "u", "a"]], columns=["user_id", "user_id", "item_id"]),),
        {},
        "'interactions' has two columns 'user_id'",
    ),
    "a picture outside": (
        (ROWS, {"item_id": ["a", "b"], "photo": ["/etc/1.png", "/etc/2.png"]}),
        {},
        "photo '/etc/1.png' leads out of",
    ),
    "pictures of nobody": ((ROWS, ITEMS), {"pictures": "."}, "no picture in '.' has the id of an item"),
    "pictures nowhere": ((ROWS, ITEMS), {"pictures": "nowhere"}, "pictures is 'nowhere', which is no folder"),
    "lists for ids": (({"user_id": [["u"]], "item_id": ["a"]},), {}, r"user_id holds .*; expected one id in each row"),
}


@pytest.mark.parametrize(("tables", "options", "says"), BAD_FRAMES.values(), ids=BAD_FRAMES)
def test_a_wrong_table_in_memory_is_told(tmp_path, monkeypatch, tables, options, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MMSRError, match=says):
        Dataset.from_frames(*tables, min_count=1, **options)


def test_load_sends_a_table_on():
    with pytest.raises(MMSRError, match=r"source is .*; expected a text, or a path"):
        mmsr_lite.load(pd.DataFrame(ROWS))


def test_items_without_a_row_keep_their_interactions_without_modality_and_are_counted(tmp_path):
    rows = {"user_id": ["u", "u", "v"], "item_id": ["a", "x", "y"], "timestamp": [1, 2, 3]}
    with pytest.warns(ReadingNote, match="items without a row of their own, such as 'x': 2"):
        dataset = Dataset.from_frames(rows, ITEMS, min_count=1)
    assert dataset.item_ids == ("", "a", "x", "y") and dataset.titles == ("", "red hat", "x", "y")
    assert dataset.modality("title").present.tolist() == [False, True, False, False]
    with pytest.raises(MMSRError, match=r"none of the 3 items in the interactions is in the items file: .* 'a' .* 'A'"):
        Dataset.from_frames(rows, {"item_id": ["A", "X"], "title": ["r", "s"]}, min_count=1)


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    return folder


def test_recboles_benchmark_files_are_one_history_in_the_order_of_time(tmp_path):
    head = "user_id:token\titem_id:token\ttimestamp:float\n"
    folder = write(
        tmp_path / "ml",
        ml__test__inter=head + "u\tc\t3\n",
        ml__train__inter=head + "u\ta\t1\nv\ta\t1\n",
        ml__valid__inter=head + "u\tb\t2\n",
        ml__item="item_id:token\ttitle:token_seq\na\tred\nb\tblue\nc\tgreen\n",
    )
    dataset = load(folder, min_count=1)
    assert histories(dataset) == {"u": ["a", "b", "c"], "v": ["a"]} and dataset.titles[1:] == ("red", "blue", "green")
    (folder / "other.inter").write_text(head)
    with pytest.raises(MMSRError, match="has both"):
        load(folder, min_count=1)


def test_recboles_lists_become_the_history_that_they_were_cut_from(tmp_path):
    head = "user_id:token\titem_id_list:token_seq\titem_id:token\n"
    folder = write(
        tmp_path / "beauty",
        beauty__train__inter=head + "u\ta\tb\nu\ta b\tc\nv\tc\ta\n",
        beauty__valid__inter=head + "u\tb c\td\n",  # RecBole keeps the last two here
        beauty__test__inter=head + "u\tc d\ta\n",
    )
    assert histories(load(folder, min_count=1)) == {"u": ["a", "b", "c", "d", "a"], "v": ["c", "a"]}
    (folder / "beauty.test.inter").write_text(head + "u\ta d\ta\n")
    with pytest.raises(MMSRError, match=r"row 5 of user 'u' has the list 'a d', which does not end where the"):
        load(folder, min_count=1)


@pytest.fixture
def mmrec(tmp_path):
    """As MMRec gives it out: numbers for ids, features in the order of the numbers, a file that says which is which."""
    rows = ["userID\titemID\trating\ttimestamp\tx_label", "0\t2\t5.0\t10\t0", "0\t0\t4.0\t20\t0", "1\t2\t1.0\t5\t2"]
    folder = write(tmp_path / "baby", baby__inter="\n".join(rows) + "\n")
    np.save(folder / "image_feat.npy", np.arange(6, dtype=np.float32).reshape(3, 2) + 1)
    return folder


def test_mmrecs_features_belong_to_the_items_by_their_row(mmrec):
    dataset = load(mmrec, min_count=1)
    assert histories(dataset) == {"0": ["2", "0"], "1": ["2"]} and names(dataset) == ["image"]
    assert dataset.modality("image").features.tolist() == [[0, 0], [5, 6], [1, 2]]
    assert any(
        "row r holds the features of the item with the id r" in note for note in dataset.facts["reading"]["notes"]
    )


@pytest.mark.parametrize("heading", ["asin\titemID", "itemID,asin"])
def test_a_mapping_file_says_whose_a_row_is(mmrec, heading):
    swapped = heading.startswith("itemID")
    rows = [(own, str(row)) for row, own in enumerate(("B2", "B0", "B1"))]
    lines = [heading, *(("," if swapped else "\t").join(reversed(row) if swapped else row) for row in rows)]
    (mmrec / "i_id_mapping.csv").write_text("\n".join(lines))
    content = (mmrec / "baby.inter").read_text()
    assert load(mmrec, min_count=1).modality("image").features[1].tolist() == [5, 6]  # by number still
    (mmrec / "baby.inter").write_text(
        content.replace("\t2\t5", "\tB1\t5").replace("\t0\t4", "\tB2\t4").replace("\t2\t1", "\tB1\t1")
    )
    dataset = load(mmrec, min_count=1)
    assert dataset.item_ids == ("", "B1", "B2") and dataset.modality("image").features.tolist()[1:] == [[5, 6], [1, 2]]


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (None, "has 3 rows and does not say whose they are; put i_id_mapping.csv beside it"),
        ("asin\titemID\nB1\t0\nB2\t1\n", "has 3 rows, but its mapping file 2"),
        ("asin\titemID\nB1\t0\nB2\t1\nB3\t1\n", "does not go with the item ids of the interactions"),
        ("asin\titemID\nB1\t0\t7\n", "has rows without two fields"),
        ("asin\titemID\nX\t0\nY\t1\nZ\t2\n", "does not go with the item ids of the interactions"),
    ],
)
def test_a_row_whose_item_is_not_certain_is_never_guessed(mmrec, mapping, says):
    content = (mmrec / "baby.inter").read_text()
    (mmrec / "baby.inter").write_text(content.replace("\t2\t", "\tB1\t").replace("\t0\t4", "\tB2\t4"))
    if mapping:
        (mmrec / "i_id_mapping.csv").write_text(mapping)
    with pytest.raises(MMSRError, match=says):
        load(mmrec, min_count=1)


def test_a_file_named_on_the_command_line_is_read_like_one_in_the_folder(mmrec, tmp_path):
    (mmrec / "image_feat.npy").rename(tmp_path / "look.npy")
    dataset = load(mmrec, min_count=1, encoders={"image": f"precomputed:{tmp_path / 'look.npy'}"})
    assert dataset.modality("image").features.tolist()[1:] == [[5, 6], [1, 2]]


def save_like_hugging_face(folder, columns):
    """The files of `datasets.Dataset.save_to_disk`: a stream of Arrow and the list of its files."""
    folder.mkdir(parents=True)
    table = pa.table(columns)
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as out,
    ):
        out.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_indices_files": None, "_split": None}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text("{}")
    return folder


def test_hugging_face_folders_are_read_from_disk(tmp_path):
    shop = tmp_path / "shop"
    save_like_hugging_face(shop / "interactions", ROWS)
    save_like_hugging_face(shop / "items", ITEMS)
    expected = {"u": ["a", "b"], "v": ["a"]}
    assert histories(load(shop, min_count=1)) == expected and names(load(shop, min_count=1)) == ["title"]
    (shop / "dataset_dict.json").write_text(json.dumps({"splits": ["interactions", "items"]}))
    assert histories(load(shop, min_count=1)) == expected
    alone = save_like_hugging_face(tmp_path / "alone", ROWS)
    assert histories(load(alone, min_count=1)) == expected


def test_splits_of_hugging_face_are_one_table_in_the_order_of_time(tmp_path):
    for name, row in (("train", "a"), ("test", "c"), ("validation", "b")):
        save_like_hugging_face(tmp_path / "d" / name, {"user_id": ["u"], "item_id": [row]})
    (tmp_path / "d/dataset_dict.json").write_text(json.dumps({"splits": ["test", "train", "validation"]}))
    assert histories(load(tmp_path / "d", min_count=1)) == {"u": ["a", "b", "c"]}
    (tmp_path / "d/dataset_dict.json").write_text(json.dumps({"splits": ["test", "../x"]}))
    with pytest.raises(MMSRError, match="does not name the folders of its splits"):
        load(tmp_path / "d", min_count=1)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"_data_files": [{"filename": "../../secret.arrow"}]}, "does not list the files"),
        ({"_data_files": []}, "does not list the files"),
        ({"_data_files": [{"filename": "gone.arrow"}]}, "cannot be read"),
        ({"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_indices_files": [1]}, "flatten_indices"),
        ([], "does not list the files"),
    ],
)
def test_a_damaged_hugging_face_folder_is_told(tmp_path, state, says):
    save_like_hugging_face(tmp_path / "d", ROWS)
    (tmp_path / "d/state.json").write_text(json.dumps(state))
    with pytest.raises(MMSRError, match=says):
        load(tmp_path / "d", min_count=1)


def table(file, *rows):
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as out:
        csv.writer(out).writerows(rows)


def test_the_recipe_of_h_and_m(tmp_path):
    """transactions_train.csv, articles.csv and images/010/0108775015.jpg, days for times, zeros in front of ids."""
    shop = tmp_path / "hm"
    head = ("t_dat", "customer_id", "article_id", "price", "sales_channel_id")
    sales = [("2018-09-20", "c1", "0108775015", 0.05, 2), ("2018-09-21", "c1", "0108775044", 0.03, 2)]
    table(shop / "transactions_train.csv", head, *sales, ("2018-09-20", "c2", "0108775015", 0.05, 1))
    articles = [("0108775015", 108775, "Strap top", "Jersey, thin"), ("0108775044", 108775, "Strap top (1)", "Jersey")]
    table(shop / "articles.csv", ("article_id", "product_code", "prod_name", "detail_desc"), *articles)
    table(shop / "customers.csv", ("customer_id", "age"), ("c1", 49))
    picture(shop / "images/010/0108775015.jpg")
    dataset = load(
        shop,
        min_count=1,
        files={"interactions": "transactions_train.csv", "items": "articles.csv"},
        columns={"user_id": "customer_id", "item_id": "article_id", "timestamp": "t_dat", "title": "prod_name"},
    )
    assert histories(dataset) == {"c1": ["0108775015", "0108775044"], "c2": ["0108775015"]}
    assert names(dataset) == ["title", "detail_desc", "picture"] and dataset.titles[2] == "Strap top (1)"
    assert dataset.modality("picture").present.tolist() == [False, True, False]
    assert any("Not read: customers.csv." in note for note in dataset.facts["reading"]["notes"])


def test_the_recipe_of_yelp(tmp_path):
    """JSON of one object a line, photos under ids of their own: joined in a table and given with the frames."""
    shop, head = tmp_path / "yelp", "yelp_academic_dataset_"
    shop.mkdir()
    reviews = [
        ("u1", "b1", "2018-07-07 22:09:11"),
        ("u1", "b2", "2018-07-08 22:09:11"),
        ("u2", "b1", "2018-07-09 01:00:00"),
    ]
    (shop / f"{head}review.json").write_text(
        "\n".join(
            json.dumps({"user_id": u, "business_id": b, "stars": 3.0, "text": "ok\n", "date": d}) for u, b, d in reviews
        )
    )
    business = [{"business_id": b, "name": f"Café {b}", "categories": "Bars, Food", "stars": 4.5} for b in ("b1", "b2")]
    (shop / f"{head}business.json").write_text("\n".join(map(json.dumps, business)))
    columns = {"item_id": "business_id", "timestamp": "date", "title": "name"}
    files = {"interactions": f"{head}review.json", "items": f"{head}business.json"}
    dataset = load(shop, min_count=1, files=files, columns=columns)
    assert histories(dataset) == {"u1": ["b1", "b2"], "u2": ["b1"]} and names(dataset) == ["title", "categories"]
    picture(shop / "photos/p9.jpg")
    photos = (
        pd.DataFrame([{"photo_id": "p9", "business_id": "b2", "label": "food"}]).groupby("business_id").photo_id.first()
    )
    pictures = {own: shop / f"photos/{photo}.jpg" for own, photo in photos.items()}
    rows = pd.read_json(shop / files["interactions"], lines=True)
    listed = pd.read_json(shop / files["items"], lines=True)
    dataset = Dataset.from_frames(rows, listed, pictures=pictures, columns=columns, min_count=1)
    assert dataset.modality("picture").present.tolist() == [False, False, True]


def test_the_recipe_of_steam(tmp_path):
    """Lines that are Python literals, gzipped or not, with users by name."""
    shop = tmp_path / "steam"
    shop.mkdir()
    reviews = [("Ann", "10", "2018-01-01"), ("Ann", "20", "2018-01-02"), ("Bo", "10", "2018-01-03")]
    rows = [
        {"username": u, "product_id": p, "date": d, "hours": 3.5, "text": "it's \u00e9pic", "early": True}
        for u, p, d in reviews
    ]
    (shop / "steam_reviews.json").write_text("\n".join(map(repr, rows)))
    games = [{"id": p, "app_name": f"Game {p}", "genres": ["Action", "Indie"], "price": 4.99} for p in ("10", "20")]
    (shop / "steam_games.json").write_text("\n".join(map(repr, games)))
    dataset = load(
        shop,
        min_count=1,
        files={"interactions": "steam_reviews.json"},
        columns={"user_id": "username", "item_id": "product_id", "timestamp": "date"},
    )
    assert histories(dataset) == {"Ann": ["10", "20"], "Bo": ["10"]}
    items = pd.DataFrame(games).rename(columns={"id": "item_id", "app_name": "title"})
    names_of = {"user_id": "username", "item_id": "product_id", "timestamp": "date"}
    dataset = Dataset.from_frames(pd.DataFrame(rows), items, columns=names_of, min_count=1)
    assert names(dataset) == ["title", "genres"] and dataset.texts["genres"][1] == "Action, Indie"


def test_the_recipe_of_kuairec(tmp_path):
    """A matrix with some times missing: told with the row; without those rows it is read."""
    shop = tmp_path / "kuairec"
    head = ("user_id", "video_id", "play_duration", "time", "date", "timestamp", "watch_ratio")
    rows = [
        (14, 148, 4381, "2020-07-05 05:27:48.378", 20200705, 1593898068.378, 0.7),
        (14, 183, 11635, "", "", "", 1.3),
    ]
    rows += [(14, 183, 11635, "2020-07-06 05:28:00.1", 20200706, 1593984480.1, 1.3)]
    table(shop / "small_matrix.csv", head, *rows)
    table(shop / "kuairec_caption_category.csv", ("video_id", "caption"), (148, "a cat"), (183, "a dog, twice"))
    files = {"interactions": "small_matrix.csv", "items": "kuairec_caption_category.csv"}
    with pytest.raises(MMSRError, match="timestamp is '' in row 2"):
        load(shop, min_count=1, files=files, columns={"item_id": "video_id", "title": "caption"})
    kept = pd.read_csv(shop / "small_matrix.csv").dropna(subset="timestamp")
    items = pd.read_csv(shop / "kuairec_caption_category.csv")
    dataset = Dataset.from_frames(kept, items, columns={"item_id": "video_id", "title": "caption"}, min_count=1)
    assert histories(dataset) == {"14": ["148", "183"]} and dataset.titles[1:] == ("a cat", "a dog, twice")
    by_day = {"item_id": "video_id", "timestamp": "date", "title": "caption"}
    assert np.diff(
        Dataset.from_frames(kept.astype({"date": int}), items, columns=by_day, min_count=1).time
    ).tolist() == [86_400]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"interaction": "x"}, r"files has no 'interaction' \(--files\); choose from: interactions, items"),
        ({"interactions": "gone.csv"}, "has no file 'gone.csv' for the interactions; there are: interactions.csv"),
        ({"items": "../../etc/passwd"}, r"items '../../etc/passwd' leads out of"),
        ({"items": ""}, "files 'items' is ''"),
    ],
)
def test_a_file_that_cannot_be_the_one_is_told(tmp_path, files, says):
    write(tmp_path / "d", interactions__csv="user_id,item_id\nu,a\n")
    with pytest.raises(MMSRError, match=says):
        load(tmp_path / "d", min_count=1, files=files)
