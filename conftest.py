"""What tests and doctests share: a cache of their own, grids of cases, a note on slow tests that do not say so."""

import gc
import os
import sys
from importlib.util import find_spec
from itertools import combinations, product

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no mistake: no test fails because it took long. `make test-quick` tries fewer examples of each fact.
# In CI the same examples are tried each time, so that a change is judged by what it changes; elsewhere new ones are.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.register_profile("quick", settings.get_profile("default"), max_examples=20)
settings.load_profile("default")

SECONDS = 10.0  # a test that takes longer is marked `slow`, so that `make test-quick` leaves it out

# jsonschema, which comes with nbformat and Jupyter, makes 38 grammars of addresses as it is imported: a second or more.
# No test has such an address, and it goes on without: here, and in the processes that tests start.
GRAMMARS = "rfc3987_syntax"
sys.modules.setdefault(GRAMMARS, None)

collect_ignore_glob = []  # modules that cannot be imported without an extra; nothing imports them then
if find_spec("triton") is None or find_spec("triton.knobs") is None:  # Triton 3.4 and newer have knobs
    collect_ignore_glob.append("mmsr_lite/kernels/[a-z]*.py")
collect_ignore_glob.append("mmsr_lite/explorer_server.py")  # it has no example, and Voila takes seconds to import


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory):
    """Nothing is read from or left in the cache of the person who runs the tests, unless MMSR_CACHE says so.

    The workers of one run share it, so what takes seconds to make (pictures, features) is made once.
    """
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # of all workers
    os.environ.setdefault("MMSR_CACHE", str(place / "cache"))


@pytest.fixture(scope="session", autouse=True)
def no_grammars(tmp_path_factory):
    """Processes that tests start find a module in place of the grammars that cannot be imported."""
    folder = tmp_path_factory.mktemp("no-grammars")
    (folder / f"{GRAMMARS}.py").write_text("raise ImportError", encoding="utf-8")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))


@pytest.hookimpl(hookwrapper=True)
def pytest_collection():
    """Modules and cases stay to the end, so the garbage collector need not go through them again and again."""
    gc.disable()
    yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)  # with the usual 700, 10, 10 it takes a tenth of the time of many tests
    gc.enable()


def pytest_generate_tests(metafunc):
    """Make the cases of `@pytest.mark.pairwise(one=[...], other=[...], ...)`: every pair of values meets in a case."""
    for mark in metafunc.definition.iter_markers("pairwise"):
        metafunc.parametrize(list(mark.kwargs), cases_with_every_pair(list(mark.kwargs.values())))


def cases_with_every_pair(choices: list) -> list[tuple]:
    """Some of all combinations, so that any two values of two choices stand together in at least one of them.

    >>> len(cases_with_every_pair(["ab", "cd", "ef"])), len(list(product("ab", "cd", "ef")))
    (4, 8)
    """
    rows = list(product(*choices))
    if len(choices) < 3:
        return rows
    places = list(combinations(range(len(choices)), 2))
    missing = {(i, j, repr(row[i]), repr(row[j])) for row in rows for i, j in places}

    def new_pairs(row: tuple) -> set:
        return {(i, j, repr(row[i]), repr(row[j])) for i, j in places} & missing

    cases = []
    while missing:
        best = max(rows, key=lambda row: len(new_pairs(row)))
        missing -= new_pairs(best)
        cases.append(best)
    return cases


def pytest_terminal_summary(terminalreporter):
    """Name the tests that took long and are not marked `slow`, where the machine was idle enough to say so."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    slow = [one for one in reports if one.when == "call" and one.duration > SECONDS and "slow" not in one.keywords]
    slow = [one for one in slow if not {"browser", "notebook"} & set(one.keywords)]
    for one in sorted(slow, key=lambda one: -one.duration):
        terminalreporter.write_line(f"{one.duration:6.1f} s and not marked slow: {one.nodeid}")
