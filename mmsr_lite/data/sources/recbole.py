"""The files of RecBole and MMRec: atomic files, benchmark files, histories as lists, features by row number."""

from pathlib import Path

import numpy as np
import pandas as pd

from mmsr_lite.data.reading import Account
from mmsr_lite.errors import MMSRError

LIST = "item_id_list"
MMREC = {"user_id": "userID", "item_id": "itemID"}  # our column -> its name in MMRec


def mmrec_names(table: pd.DataFrame, file: Path, reading: Account) -> pd.DataFrame:
    """Give the columns of a table of MMRec our names; any other table stays as it is.

    Args:
        table: a table as it was read.
        file: the file of the table, for the note.
        reading: receives a note.

    Returns:
        The table.

    Example:
        >>> frame = pd.DataFrame({"userID": ["0"], "itemID": ["4"], "x_label": ["0"]})
        >>> list(mmrec_names(frame, Path("baby.inter"), Account()))
        ['user_id', 'item_id', 'x_label']
    """
    if "user_id" in table or not set(MMREC.values()) <= set(table):
        return table
    reading.note(f"{file.name!r}: userID and itemID are read as user_id and item_id, as MMRec has them.")
    return table.rename(columns={theirs: ours for ours, theirs in MMREC.items()})


def from_lists(table: pd.DataFrame, place: str) -> pd.DataFrame:
    """Make single interactions from rows of a history and its next item, as RecBole writes sequential data sets.

    A row has user_id, item_id_list ("1 2 3") and item_id, the item after the list. The rows of a user are in the order
    of time. Each list is the list of the row before with the item of that row added; long lists lack their oldest
    items. There are no times, so the order of the rows counts.

    Args:
        table: the rows of all files, training first.
        place: the file, quoted, for error messages.

    Returns:
        The interactions.

    Raises:
        MMSRError: a row does not go on where the user's row before it ended.

    Example:
        >>> rows = {"user_id": ["u", "u"], "item_id_list": ["a", "a b"], "item_id": ["b", "c"]}
        >>> from_lists(pd.DataFrame(rows), "'x.inter'").to_numpy().tolist()
        [['u', 'a'], ['u', 'b'], ['u', 'c']]
    """
    for name in ("user_id", "item_id"):
        if name not in table:
            raise MMSRError(f"{place} has item_id_list but no column {name!r}; found: {', '.join(table.columns)}")
    histories: dict[str, list[str]] = {}
    rows = zip(table["user_id"].astype(str), table[LIST].astype(str), table["item_id"].astype(str), strict=True)
    for number, (user, listed, target) in enumerate(rows, 1):
        items = listed.split()
        known = histories.get(user)
        if known is None:
            histories[user] = [*items, target]
            continue
        if items and known[-len(items) :] != items:
            raise MMSRError(
                f"{place}: row {number} of user {user!r} has the list {listed[:60]!r}, which does not end where the "
                f"row before it did ({' '.join(known[-3:])!r}); expected the rows of a user in the order of time"
            )
        known.append(target)
    users = np.repeat(np.array(list(histories), dtype=object), [len(items) for items in histories.values()])
    listed_items = [item for items in histories.values() for item in items]
    return pd.DataFrame({"user_id": users, "item_id": listed_items})


def mapped_ids(root: Path, used: set[str]) -> list[str] | None:
    """Read the item id of each row of features from a mapping file of MMRec.

    The file is `i_id_mapping.csv` (or .tsv), with two columns, separated by a tab or a comma: the id in the shop and
    the number of the row.

    Args:
        root: the folder with the file.
        used: the item ids of the interactions. They show whether the ids of the shop or the numbers are item ids here.

    Returns:
        The item id of each row; None when there is no mapping file.

    Raises:
        MMSRError: the file does not number its rows from 0, or neither column holds the ids that are used.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> rows = ["asin\\titemID", "B01\\t1", "B02\\t0"]
        >>> _ = (folder / "i_id_mapping.csv").write_text("\\n".join(rows))
        >>> mapped_ids(folder, {"B01"}), mapped_ids(folder, {"1"})
        (['B02', 'B01'], ['0', '1'])
    """
    names = ("i_id_mapping.csv", "i_id_mapping.tsv", "item_id_mapping.csv", "item_id_mapping.tsv")
    file = next((root / name for name in names if (root / name).is_file()), None)
    if file is None:
        return None
    try:
        lines = [line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise MMSRError(f"{str(file)!r} is not UTF-8; save it as UTF-8") from error
    sign = "\t" if "\t" in lines[0] else ","
    rows = [[cell.strip() for cell in line.split(sign)] for line in lines[1:]]
    expected = "expected a heading and rows of an item id and its number, 0 for the first row of the features"
    if not rows or any(len(row) != 2 for row in rows):
        raise MMSRError(f"{str(file)!r} has rows without two fields; {expected}")
    for original, number in ((0, 1), (1, 0)):
        numbers = [row[number] for row in rows]
        if all(value.isdecimal() for value in numbers) and sorted(map(int, numbers)) == list(range(len(rows))):
            by_number = {int(row[number]): row[original] for row in rows}
            originals = [by_number[place] for place in range(len(rows))]
            if used & set(originals):
                return originals
            if used & set(numbers):
                return [str(place) for place in range(len(rows))]
    raise MMSRError(f"{str(file)!r} does not go with the item ids of the interactions; {expected}")
