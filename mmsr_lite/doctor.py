"""`mmsr-lite doctor`: what is installed, what is wrong, and the fix; runs with nothing but Python."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TextIO

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FRONT_ENDS = {"anywidget": "anywidget", "@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets"}  # of: package
INSTALL = "pip install --constraint constraints.txt"


@dataclass(frozen=True)
class Finding:
    """One line of the report: `state` is "ok", "note" (something optional is off) or "problem" (a required one)."""

    name: str
    state: str
    detail: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.state:<8} {self.name:<22} {self.detail}" + (f"\n{'':9}fix: {self.fix}" if self.fix else "")


def examine() -> list[Finding]:
    """Look at Python, packages, GPU, front end, cache and browser.

    >>> {finding.state for finding in examine()} <= {"ok", "note", "problem"}
    True
    """
    python = Finding("python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}")
    return [python, *packages(requirements()), *gpu(), cache(), *front_end(), *hosts(), browser()]


def doctor(out: TextIO | None = None) -> int:
    """Print the report; 1 when a required thing is wrong, else 0."""
    found = examine()
    problems = sum(finding.state == "problem" for finding in found)
    told = f"{problems} problem{'s' * (problems != 1)} to mend" if problems else "everything required is in place"
    print(*found, f"\n{told}", sep="\n", file=out or sys.stdout)
    return int(problems > 0)


def requirements() -> list[tuple[str, str, str]]:
    """(package, least version, extra or "") of each requirement, read from the installed project's own metadata."""
    try:
        lines = metadata.requires("mmsr-lite") or []
    except metadata.PackageNotFoundError:
        return [("mmsr-lite", "0", "")]
    pattern = r"([\w.-]+)\s*(?:>=([\w.]+))?[^;]*(?:;.*extra\s*==\s*['\"](\w+)['\"])?"
    return [(match[1], match[2] or "0", match[3] or "") for line in lines if (match := re.match(pattern, line))]


def packages(required: Iterable[tuple[str, str, str]]) -> list[Finding]:
    """A line for each package, a problem when absent or too old; a line for each extra, a note when not whole.

    >>> [str(line) for line in packages([("no-such-thing", "2", "")])][0].split()[:3]
    ['problem', 'no-such-thing', 'not']
    """
    found: list[Finding] = []
    extras: dict[str, list[tuple[bool, str]]] = {}
    for name, least, extra in sorted(required):
        version = _version(name)
        good = version is not None and _numbers(version) >= _numbers(least)
        needed = "" if good or least == "0" else f"; {least} or newer is needed"
        told = f"{version or 'not installed'}{needed}"
        if extra:
            extras.setdefault(extra, []).append((good, f"{name} {told}"))
        elif good:
            found.append(Finding(name, "ok", told))
        else:
            own = "--editable .  (in the project's folder)" if name == "mmsr-lite" else f"'{name}>={least}'"
            found.append(Finding(name, "problem", told, f"{INSTALL} {own}"))
    for extra, members in extras.items():
        whole = all(good for good, _ in members)
        detail = ", ".join(told for good, told in members if good == whole)
        fix = "" if whole else f"{INSTALL} --editable '.[{extra}]'  (if you want it)"
        found.append(Finding(f"extra {extra}", "ok" if whole else "note", detail, fix))
    return found


def gpu() -> list[Finding]:
    """Whether torch loads and sees a GPU; a GPU that torch cannot use is a note."""
    try:
        import torch
    except ModuleNotFoundError:
        return []  # told among the packages
    except Exception as error:  # a broken build may raise anything
        return [Finding("torch", "problem", f"does not load: {error}", f"{INSTALL} --force-reinstall torch")]
    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        detail = f"{torch.cuda.get_device_name(0)}, {memory:.0f} GiB, CUDA {torch.version.cuda}"
        from mmsr_lite.kernels import works

        if works():
            return [Finding("gpu", "ok", detail)]
        fix = "install triton and a C compiler (Debian, Ubuntu: apt-get install gcc)"
        return [
            Finding("gpu", "note", f"{detail}; without Triton's kernels a step of MMSR takes three times as long", fix)
        ]
    if shutil.which("nvidia-smi") and subprocess.run(["nvidia-smi", "-L"], capture_output=True).stdout:
        told = f"there is one, but torch ({torch.version.cuda or 'no CUDA'}) cannot use it"
        fix = "install a torch built for your driver's CUDA: pytorch.org/get-started lists them"
        return [Finding("gpu", "note", told, fix)]
    return [Finding("gpu", "ok", f"none; the CPU is used ({torch.get_num_threads()} threads)")]


def cache() -> Finding:
    """Whether features and pictures can be kept."""
    from mmsr_lite.data.storage import cache_dir

    place = cache_dir()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place):
            return Finding("cache", "ok", f"{place}, {shutil.disk_usage(place).free / 2**30:.0f} GiB free")
    except OSError as error:
        fix = "set MMSR_CACHE to a folder that can be written"
        return Finding("cache", "problem", f"{place}: {error.strerror}", fix)


def front_end() -> list[Finding]:
    """The JavaScript halves of the widgets: there, and of the same version as their Python halves, for each jupyter."""
    places = {Path(sys.prefix): "this environment's Jupyter"}
    if jupyter := shutil.which("jupyter"):
        places.setdefault(Path(jupyter).parent.parent, f"the Jupyter at {jupyter}")
    if _version("jupyterlab") is None:
        places.pop(Path(sys.prefix))
    if not places:
        return [Finding("front end", "note", "no Jupyter here; the command line and reports work", "make lab")]
    found = []
    for place, label in places.items():
        for extension, package in FRONT_ENDS.items():
            if (kernel := _version(package)) is None:
                continue  # told among the packages
            record = place / "share/jupyter/labextensions" / extension / "package.json"
            front = json.loads(record.read_text()).get("version", "?").lstrip("~^") if record.is_file() else None
            pip = place / ("Scripts" if os.name == "nt" else "bin") / "pip"
            fix = f"{pip} install '{package}=={kernel}', restart Jupyter and reload the page"
            state, told = "ok", f"{front} in {label}"
            if front is None:
                state, told = "note", f"{label} lacks it, so widgets stay empty"
            elif package == "anywidget" and front != kernel:
                state, told = "problem", f"{label} has {front}, the kernel {kernel}"
            found.append(Finding(f"front end {package}", state, told, "" if state == "ok" else fix))
    return found


def hosts() -> list[Finding]:
    """What editors and hosted notebooks need."""
    found = []
    if "COLAB_RELEASE_TAG" in os.environ or "google.colab" in sys.modules:
        fix = "from google.colab import output; output.enable_custom_widget_manager()"
        found.append(Finding("Colab", "note", "custom widgets are off in each new session until this has run", fix))
    if os.environ.get("TERM_PROGRAM") == "vscode" or "VSCODE_PID" in os.environ:
        fix = f"choose the kernel {sys.executable}; when it says 'no version of module anywidget', reload the window"
        found.append(Finding("VS Code", "note", "widgets need the notebook's kernel to be this environment", fix))
    return found


def browser() -> Finding:
    """Chromium, which only the browser tests need."""
    if path := next(filter(None, map(shutil.which, BROWSERS)), None):
        return Finding("browser for tests", "ok", path)
    return Finding("browser for tests", "note", "none, so browser tests are skipped", "apt-get install chromium")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """
    >>> _numbers("2.13.0+cpu") > _numbers("2.4")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:4])
