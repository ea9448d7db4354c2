"""The tests of a table: each system against its reference, from the kept ranks, corrected by Holm.

The tests of one table in one ranking are one family: every system, with every metric at 5 and at 20. A verdict needs
the ranks of all runs of both systems, and at least two seeds of a system that has seeds. Where times tie, orders are a
third sample beside users and seeds (see `statistics.crossed`); a seed that was not run in all orders is left out. Where
ranks are gone, tests of older versions, over users alone, stay in the file; they decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from mmsr_lite.data.lock import one_writer
from mmsr_lite.data.storage import write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.kept_ranks import read_kept
from mmsr_lite.experiments.notes import read_sidecar
from mmsr_lite.experiments.reported_tests import bootstrap, in_one_row, over_seeds, paired
from mmsr_lite.experiments.statistics import LEVEL, crossed, holm
from mmsr_lite.experiments.table import TESTED, Row, label_of, of_whole_seeds, read_rows, system_of
from mmsr_lite.models import MODELS
from mmsr_lite.records.ranking_names import RANKINGS, key_of
from mmsr_lite.records.training import Test


def decides(test: Test) -> bool:
    """Whether a stored test may call systems different: it accounts for users and for seeds.

    Args:
        test: a record of `compare`, or of an older version.

    Returns:
        False for a test of an older version, which knew users alone.

    Example:
        >>> decides({"p": 0.01, "holm": 0.04}), decides({"p": 0.01})
        (True, False)
    """
    return "holm" in test


def apart(test: Test) -> bool:
    """Whether a stored test calls its systems different: it decides, with p below 5 % after Holm's correction.

    Args:
        test: a record of `compare`, or of an older version.

    Returns:
        True where a difference was shown.

    Example:
        >>> apart({"p": 0.01, "holm": 0.04}), apart({"p": 0.01, "holm": 0.3}), apart({"p": 1e-9})
        (True, False, False)
    """
    return decides(test) and test["holm"] < LEVEL


def compare(place: Path, name: str, rows: list[Row], user: np.ndarray | None = None) -> list[Test]:
    """Test every system of a table against its reference, where the ranks of all runs of both are kept.

    Args:
        place: the folder of the data set's tables.
        name: the study.
        rows: the rows of its table.
        user: (E,) whose each test target is; None: as the files of ranks say.

    Returns:
        One record for each system and metric of each ranking: `system`, `against`, `seeds`, `orders` (how many at
        ties), `metric` ("HR@5", or "masked HR@5"), `difference`, `low`, `high`, `p`, `holm` (p corrected for all
        records of the ranking), `degrees`, `users_sd`, `seeds_sd`, `orders_sd`, `users`, `same_models`, and the
        p-values of three tests that do not decide: `over_users`, `over_seeds`, `bootstrap`.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> compare(place, "comparison", [{"model": "mmsr", "run": "mmsr-3fa2", "seed": 0}])  # no ranks are kept
        []
    """
    kept = read_kept(place, [key_of(row["run"], ranking) for row in rows for ranking in RANKINGS])
    user = kept.user if user is None else user
    if user is None:
        return []
    systems: dict[tuple, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["seed"]):
        systems.setdefault(system_of(row), []).append(row)
    whole = {one: of_whole_seeds(runs) for one, runs in systems.items()}
    systems = {one: runs for one, runs in whole.items() if runs}
    return [test for ranking in RANKINGS for test in _family(name, systems, kept.runs, user, ranking)]


def _family(
    name: str, systems: dict[tuple, list[Row]], kept: dict[str, np.ndarray], user: np.ndarray, ranking: str
) -> list[Test]:
    """The tests of a table in one ranking, corrected together; see `compare`.

    Args:
        name: the study.
        systems: system -> its rows, by seed.
        kept: run -> (E,) its ranks.
        user: (E,) whose each test target is.
        ranking: "all" or "masked".

    Returns:
        The records.
    """
    orders = sorted({row.get("tie_seed", 0) for runs in systems.values() for row in runs})
    whole = {}  # system -> ranks (O, E) of each seed
    for one, runs in systems.items():
        cells = {(row["seed"], row.get("tie_seed", 0)): kept.get(key_of(row["run"], ranking)) for row in runs}
        seeds = sorted({row["seed"] for row in runs})
        by_seed = [[cells.get((seed, order)) for order in orders] for seed in seeds]
        if all(ranks is not None for of_seed in by_seed for ranks in of_seed):
            whole[one] = [np.stack(of_seed) for of_seed in by_seed]  # type: ignore[arg-type]
    tests: list[Test] = []
    for one, ranks in whole.items():
        runs = systems[one]
        other = system_of(runs[0] | STUDIES[name].reference)
        if one == other or other not in whole:
            continue
        if not (_comparable(runs, ranks) and _comparable(systems[other], whole[other])):
            continue
        ranks_of_other = whole[other]
        same_models = STUDIES[name].of_one_model(runs[0]) and len(ranks) == len(ranks_of_other)
        rows, rows_of_other = in_one_row(ranks), in_one_row(ranks_of_other)  # for tests that do not know orders
        users = np.tile(user, len(orders))
        for metric in TESTED:
            comparison = crossed(
                ranks,
                ranks_of_other,
                user,
                metric,
                one_has_seeds=_has_seeds(runs),
                other_has_seeds=_has_seeds(systems[other]),
                same_models=same_models,
            )
            tests.append(
                {
                    "system": label_of(one),
                    "against": label_of(other),
                    "seeds": [len(ranks), len(ranks_of_other)],
                    "orders": len(orders),
                    "same_models": same_models,
                    "metric": key_of(metric, ranking),
                    **comparison.record(),
                    "over_users": paired(rows, rows_of_other, users, metric)["p"],
                    "over_seeds": float(f"{over_seeds(rows, rows_of_other, metric):.4g}"),
                    "bootstrap": bootstrap(rows, rows_of_other, users, metric),
                }
            )
    corrected = holm(test["p"] for test in tests)
    for test, p in zip(tests, corrected, strict=True):
        test["holm"] = float(f"{p:.4g}")
    return tests


def merged(old: Iterable[Test], new: Iterable[Test], rows: list[Row]) -> list[Test]:
    """Merge the tests beside a table: the new ones, and old ones of systems without a new test.

    An old test whose ranks are gone no longer decides, since it was corrected in another family.

    Args:
        old: the tests that are there.
        new: those of `compare` now.
        rows: the rows of the table; tests of systems that left it are dropped.

    Returns:
        All tests, at most one for each system and metric.

    Example:
        >>> merged([], [], [])
        []
    """
    names = {label_of(system_of(row)) for row in rows}
    tests = {(test["system"], test["metric"]): test for test in old if test["system"] in names}
    for key, test in tests.items():
        tests[key] = test.copy()
        tests[key].pop("holm", None)
    tests |= {(test["system"], test["metric"]): test for test in new}
    return list(tests.values())


def recompute(out: str | Path) -> Iterator[str]:
    """Compute all tests of all tables again from the kept ranks, without the data sets.

    Args:
        out: the folder that holds a folder of tables for each data set.

    Yields:
        A sentence for each table.

    Raises:
        MMSRError: when there are no tables.

    Example:
        >>> next(recompute("no-such-folder"))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-folder' holds no tables; make some with mmsr-lite tables STUDY
    """
    places = [file.parent for file in sorted(Path(out).glob("*/dataset.json"))]
    if not places:
        raise MMSRError(f"{str(out)!r} holds no tables; make some with mmsr-lite tables STUDY")
    for place in places:
        with one_writer(place):
            yield from _recompute_in(place)


def _recompute_in(place: Path) -> Iterator[str]:
    """Compute all tests of the tables of one data set again."""
    for name in STUDIES:
        rows, sidecar = read_rows(place / f"{name}.csv"), place / f"{name}.json"
        if not rows or not sidecar.is_file():
            continue
        record, new = read_sidecar(place, name), compare(place, name, rows)
        record["tests"] = merged(record["tests"], new, rows)
        write_json(sidecar, record)
        runs = {row["run"] for row in rows}
        missing = len(runs - read_kept(place, runs).runs.keys())
        differ = sum(map(apart, new))
        yield (
            f"{place.name}, {name}: {len(new)} tests, {differ} of them find a difference; "
            f"the ranks of {missing} of {len(runs)} runs are not kept"
        )


def _has_seeds(runs: list[Row]) -> bool:
    """Whether a system draws anything at random; one that counts does not."""
    return MODELS[runs[0]["model"]].learns


def _comparable(runs: list[Row], ranks: list[np.ndarray]) -> bool:
    """Whether a test can know how much the seeds of a system differ: it has two seeds or more, or none."""
    return len(ranks) > 1 or not _has_seeds(runs)
