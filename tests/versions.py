"""Is the quick suite green with the lowest and the newest versions of the ranges, and with other Pythons?

    python -m tests.versions                    lowest, newest, and each Python from 3.11 to 3.14 that is on the path
    python -m tests.versions lowest 3.13        these alone

Each gets an environment of its own below build/versions, which a repetition uses again; `lowest` has the least version
of each dependency in `pyproject.toml`, `newest` what the package index offers, a Python the newest for it. The last
line of each is kept in results.json beside them: versions, and how the suite ended. Takes gigabytes and a quarter
of an hour each; `--folder` puts them elsewhere.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from mmsr_lite.data.storage import read_json, write_json

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
TOLD = ("torch", "numpy", "pandas", "scikit-learn", "plotly")  # whose versions stand in the results
SUITE = [
    "-q",
    "--hypothesis-profile",
    "quick",
    "--ignore",
    "tests/browser",
    "-m",
    "not slow and not browser and not notebook",
]


def least(requirements: list[str]) -> list[str]:
    """Requirements with the least version that each allows.

    >>> least(["torch>=2.4", "pyvis>=0.3.2"])
    ['torch==2.4', 'pyvis==0.3.2']
    """
    return [re.sub(r">=([\w.]+).*", r"==\1", line) for line in requirements]


def python_for(name: str) -> str | None:
    """The interpreter of an environment: the oldest Python for `lowest`, the newest for `newest`; None: not here.

    The newest NumPy and SciPy ask for a newer Python than the oldest. A name on the path is not enough: pyenv puts one
    there for each Python that it has, and only some of them start.
    """
    if name == "newest":
        return next(filter(None, map(python_for, reversed(PYTHONS))), sys.executable)
    wanted = PYTHONS[0] if name == "lowest" else name
    found = shutil.which(f"python{wanted}")
    if found is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, text=True)
    return found if told.returncode == 0 and wanted in told.stdout else None


def how_it_ended(output: str) -> str:
    """The line in which pytest counts the tests; the last line, where pytest did not get so far.

    Libraries may say more while the process ends.

    >>> how_it_ended("5200 passed, 17 skipped in 374.65s\\nnanobind: leaked 64 types!")
    '5200 passed, 17 skipped in 374.65s'
    >>> how_it_ended("Fatal Python error: Aborted")
    'Fatal Python error: Aborted'
    """
    lines = output.strip().splitlines() or ["no output"]
    counts = [line for line in lines if re.search(r"\d+ (passed|failed|error)s?\b.* in [\d.]+s", line)]
    return (counts or lines)[-1]


def tried(name: str, places: list[str], folder: Path) -> dict[str, object]:
    """Make an environment, run the quick suite in it, and say how it ended.

    Args:
        name: "lowest", "newest" or a Python such as "3.13".
        places: tests; none: all.
        folder: where the environment is made, or already is.
    """
    python = python_for(name)
    if python is None:
        return {"name": name, "ended": "there is no such Python here"}
    own = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not own.is_file():
        subprocess.run([python, "-m", "venv", folder], check=True)
    install = [own, "-m", "pip", "install", "--quiet", "--no-compile", "--editable", f"{ROOT}[lab,dev]"]
    if name == "lowest":
        limits = folder / "lowest.txt"
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        limits.write_text("\n".join(least(project["dependencies"])))
        install += ["--constraint", limits]
    else:
        install += ["--upgrade", "--upgrade-strategy", "eager"]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        return {"name": name, "ended": "nothing installed: " + done.stderr.strip().splitlines()[-1]}
    asked = f"import json, importlib.metadata as m; print(json.dumps({{n: m.version(n) for n in {TOLD}}}))"
    versions = json.loads(subprocess.run([own, "-c", asked], capture_output=True, text=True, check=True).stdout)
    versions["python"] = subprocess.run([own, "--version"], capture_output=True, text=True).stdout.split()[-1]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    command = [own, "-m", "pytest", *SUITE, *places]
    log = folder / "suite.log"  # written while the suite runs, so that one that is stopped has said something
    with log.open("w") as told:
        subprocess.run(command, cwd=ROOT, env=environment, stdout=told, stderr=subprocess.STDOUT)
    return {"name": name, **versions, "ended": how_it_ended(log.read_text(errors="replace"))}


def main(argv: list[str] | None = None) -> int:
    """Try each environment, print and keep how it ended; 1 when one is not green."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["lowest", "newest", *PYTHONS], metavar="NAME")
    parser.add_argument("--tests", nargs="+", default=[], help="these alone (default: the quick suite)")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/versions", help="(default: %(default)s)")
    asked = parser.parse_args(argv)
    kept = asked.folder.resolve() / "results.json"
    results = {row["name"]: row for row in read_json(kept)} if kept.is_file() else {}
    for name in asked.names:
        results[name] = tried(name, asked.tests, kept.parent / name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_json(kept, list(results.values()), indent=1)
        print(json.dumps(results[name]), flush=True)
    return int(any(re.search(r"\d+ (failed|error)|nothing", results[name]["ended"]) for name in asked.names))


if __name__ == "__main__":
    sys.exit(main())
