"""What tests and doctests share: a cache of their own."""

import os
from importlib.util import find_spec

import pytest

if find_spec("triton") is None:  # kernels' modules cannot be imported then, and nothing imports them
    collect_ignore_glob = ["mmsr_lite/kernels/[a-z]*.py"]


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory):
    """Nothing is read from or left in the cache of the person who runs the tests, unless MMSR_CACHE says so."""
    os.environ.setdefault("MMSR_CACHE", str(tmp_path_factory.mktemp("cache")))
