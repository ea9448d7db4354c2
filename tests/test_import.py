"""Importing the package is quick and light; names come when they are used."""

import subprocess
import sys

import pytest

import mmsr_lite


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_import_takes_less_than_a_third_of_a_second():
    code = "import time; t = time.perf_counter(); import mmsr_lite; print(time.perf_counter() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.3


@pytest.mark.parametrize(
    "module", ["mmsr_lite", "mmsr_lite.cli", "mmsr_lite.doctor", "mmsr_lite.data", "mmsr_lite.views"]
)
def test_torch_is_not_imported_by(module):
    assert run(f"import sys, {module}; print('torch' in sys.modules)") == "False"


def test_every_promised_name_is_there():
    for name in mmsr_lite.__all__:
        assert getattr(mmsr_lite, name) is not None, name
        assert name in dir(mmsr_lite)


def test_the_record_and_the_function_are_not_hidden_by_modules_of_the_same_name():
    assert callable(mmsr_lite.split) and callable(mmsr_lite.trace) and callable(mmsr_lite.train)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = mmsr_lite.lod
