"""The ranks of every run of a study in one small Parquet file, so that anybody can recompute each p-value.

A file has one row for each test target. The column `user` says whose target it is; every other column is a run, named
as in the table's column `run`, and holds one byte for each target: twice the rank (targets that tie share the mean of
their places, so a rank may be a half), or 0 where the rank is above 20. All metrics at 5 and at 20 follow from it
exactly. A run has two columns: `<run>` has its ranks among all items, `masked <run>` those with own items masked.

Where times tie, a run is of one order at ties. Row 7 of two runs of different orders is then not the same target, but a
target of the same user, in the same place of the user's history.

While a study runs, each run's ranks are written to `ranks/<run>.npz` (the full ranks, not kept in the repository);
`pack` gathers them. Files of that kind which older versions left are read as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError

CUTOFF = 20  # ranks above it are kept as one value
USER = "user"
ENDING = "-ranks.parquet"


@dataclass(frozen=True)
class KeptRanks:
    """The ranks of some runs on the same test targets.

    Attributes:
        user: (E,) whose target it is; None where only files of the older kind were found, which do not say it.
        runs: run -> (E,) its ranks; infinite where the rank is above 20.

    Example:
        >>> kept = KeptRanks(np.array([0, 1]), {"mmsr-3fa2": np.array([1.0, np.inf])})
        >>> float((kept.runs["mmsr-3fa2"] <= 5).mean())  # HR@5
        0.5
    """

    user: np.ndarray | None
    runs: dict[str, np.ndarray]


def as_bytes(ranks: np.ndarray) -> np.ndarray:
    """Pack ranks into bytes: twice the rank, or 0 for a rank above 20.

    Args:
        ranks: (E,) ranks from 1; halves are allowed.

    Returns:
        (E,) unsigned bytes.

    Example:
        >>> as_bytes(np.array([1, 2.5, 20, 20.5, 7000])).tolist()
        [2, 5, 40, 0, 0]
    """
    return np.where(ranks <= CUTOFF, np.rint(2 * ranks), 0).astype(np.uint8)


def from_bytes(kept: np.ndarray) -> np.ndarray:
    """Unpack the ranks that `as_bytes` packed; those above 20 are infinite.

    Args:
        kept: (E,) bytes.

    Returns:
        (E,) ranks.

    Example:
        >>> from_bytes(np.array([2, 5, 0], np.uint8)).tolist()
        [1.0, 2.5, inf]
    """
    return np.where(kept > 0, kept / 2, np.inf)


def save_ranks(path: Path, ranks: np.ndarray) -> None:
    """Write the full ranks of one run, while its study is still running.

    Args:
        path: the file, `ranks/<run>.npz`.
        ranks: (E,) ranks, which may be halves; they are written as whole numbers, twice as large.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> save_ranks(place / "ranks" / "mmsr-3fa2.npz", np.array([1.0, 2.5, 90.0]))
        >>> read_kept(place, ["mmsr-3fa2"]).runs["mmsr-3fa2"].tolist()  # a rank above 20 counts as infinite
        [1.0, 2.5, inf]
    """
    twice = np.rint(2 * ranks)
    with atomic(path) as tmp, open(tmp, "wb") as file:
        np.savez_compressed(file, twice=twice.astype(np.uint16 if twice.max() < 2**16 else np.uint32))


def load_ranks(path: Path) -> np.ndarray | None:
    """Read what `save_ranks` wrote.

    Args:
        path: the file, `ranks/<run>.npz`.

    Returns:
        (E,) ranks, or None when there is no such file.

    Example:
        >>> load_ranks(Path("no-such-file.npy")) is None
        True
    """
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        return stored["twice"] / 2


def read_kept(place: Path, runs: Iterable[str]) -> KeptRanks:
    """Read the ranks of some runs, as far as `place` keeps them in any study's file or in the older form.

    Args:
        place: the folder of a data set's tables.
        runs: names of runs, as in the column `run` of a table.

    Returns:
        The ranks of the runs that are kept.

    Raises:
        MMSRError: when a file cannot be read, or the files in `place` are of different test targets.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> read_kept(place, ["mmsr-3fa2"]).runs  # nothing is kept
        {}
    """
    wanted = dict.fromkeys(runs)  # in their order, each once
    ranks_of: dict[str, np.ndarray] = {}
    user: np.ndarray | None = None
    for path in sorted(place.glob(f"*{ENDING}")):
        columns = [name for name in _columns(path) if name in wanted and name not in ranks_of]
        if not columns:
            continue
        table = pq.read_table(path, columns=[USER, *columns])
        user_of_file = table.column(USER).to_numpy()
        if user is not None and not np.array_equal(user, user_of_file):
            raise MMSRError(f"{str(path)!r} has other test targets than the files beside it; make its study anew")
        user = user_of_file
        ranks_of |= {name: from_bytes(table.column(name).to_numpy()) for name in columns}
    for run in wanted:
        if run in ranks_of:
            continue
        full_ranks = load_ranks(place / "ranks" / f"{run}.npz")
        if full_ranks is not None:
            ranks_of[run] = from_bytes(as_bytes(full_ranks))
    return KeptRanks(user, {run: ranks_of[run] for run in wanted if run in ranks_of})


def pack(place: Path, name: str, runs: Iterable[str], user: np.ndarray) -> Path | None:
    """Write the ranks of a study's runs, as far as they are kept in any form, to `<name>-ranks.parquet`.

    Args:
        place: the folder of a data set's tables.
        name: the study.
        runs: names of its runs; columns of other runs leave the file.
        user: (E,) whose target it is.

    Returns:
        The file, or None when no run's ranks are kept.

    Raises:
        MMSRError: when kept ranks do not fit the test targets.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> save_ranks(place / "ranks" / "mmsr-3fa2.npz", np.array([1.0, 2.5]))
        >>> pack(place, "comparison", ["mmsr-3fa2"], np.array([0, 1])).name
        'comparison-ranks.parquet'
        >>> read_kept(place, ["mmsr-3fa2"]).user.tolist()
        [0, 1]
    """
    kept = read_kept(place, runs).runs
    if not kept:
        return None
    for run, ranks in kept.items():
        if ranks.shape != np.shape(user):
            raise MMSRError(f"run {run!r} has {len(ranks)} ranks for {len(user)} test targets; move its file away")
    columns = {USER: user.astype(np.int32)} | {run: as_bytes(ranks) for run, ranks in sorted(kept.items())}
    table = pa.table(columns)
    table = table.replace_schema_metadata({"unit": "twice the rank; 0 is a rank above 20"})
    path = place / f"{name}{ENDING}"
    with atomic(path) as tmp:
        smallest = dict.fromkeys(kept, "BYTE_STREAM_SPLIT") | {USER: "DELTA_BINARY_PACKED"}
        pq.write_table(
            table, tmp, compression="zstd", compression_level=19, use_dictionary=False, column_encoding=smallest
        )
    return path


def _columns(path: Path) -> list[str]:
    try:
        return pq.read_schema(path).names
    except (OSError, pa.ArrowInvalid) as error:
        raise MMSRError(f"{str(path)!r} is no file of ranks: {error}; move it away or make its study anew") from error
