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
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from mmsr_lite.installing import command_for, install_command, name_for_pip

SHOWN = 3  # names at most this many packages of an extra; the fix installs all
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# JupyterLab's extension -> the Python package whose other half it is
FRONT_ENDS = {"anywidget": "anywidget", "@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets"}


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Args:
        name: What was looked at.
        state: "ok", "note" (something optional is missing) or "problem" (something required is wrong).
        detail: What was seen.
        fix: What to do; empty where there is nothing to do.

    Example:
        >>> print(Finding("numpy", "problem", "not installed", "pip install numpy"))
        problem  numpy                  not installed
                 fix: pip install numpy
    """

    name: str
    state: str
    detail: str
    fix: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<8} {self.name:<22} {self.detail}"
        if not self.fix:
            return line
        return f"{line}\n{'':9}fix: {self.fix}"


def doctor(out: TextIO | None = None) -> int:
    """Print the report.

    Args:
        out: Where it is printed; None: the standard output.

    Returns:
        1 when something required is wrong, else 0.

    Example:
        >>> import io
        >>> report = io.StringIO()
        >>> doctor(report) in (0, 1), report.getvalue().split()[:2]
        (True, ['ok', 'python'])
    """
    findings = examine()
    problems = sum(finding.state == "problem" for finding in findings)
    summary = {0: "everything required is in place", 1: "1 problem to fix"}.get(problems, f"{problems} problems to fix")
    print(*findings, f"\n{summary}", sep="\n", file=out or sys.stdout)
    return 1 if problems else 0


def examine() -> list[Finding]:
    """Look at Python, packages, GPU, cache, front end, editors and browser.

    Returns:
        The lines of the report.

    Example:
        >>> {finding.state for finding in examine()} <= {"ok", "note", "problem"}
        True
    """
    version = ".".join(str(part) for part in sys.version_info[:3])
    python = Finding("python", "ok", f"{version} at {sys.executable}")
    return [python, *packages(requirements()), *gpu(), cache(), *front_end(), *hosts(), browser()]


def requirements() -> list[tuple[str, str, str]]:
    """What the installed project requires, read from its own metadata.

    Returns:
        Package, least version ("0": any) and extra ("" where it is always required) of each requirement.

    Example:
        >>> names = [package for package, least, extra in requirements() if extra == ""]
        >>> "torch" in names or names == ["mmsr-lite"]  # the second where the project is not installed
        True
    """
    try:
        lines = metadata.requires("mmsr-lite") or []
    except metadata.PackageNotFoundError:
        return [("mmsr-lite", "0", "")]
    pattern = r"([\w.-]+)\s*(?:>=([\w.]+))?[^;]*(?:;.*extra\s*==\s*['\"](\w+)['\"])?"
    matches = [re.match(pattern, line) for line in lines]
    return [(match[1], match[2] or "0", match[3] or "") for match in matches if match]


def packages(required: Iterable[tuple[str, str, str]]) -> list[Finding]:
    """Look at the installed packages.

    Args:
        required: Package, least version and extra, as `requirements` gives them.

    Returns:
        A line for each package that is always required, a problem when it is missing or too old, and a line for each
        extra, a note when it is not complete, with the first packages that it lacks.

    Example:
        >>> print(packages([("no-such-thing", "2", "")])[0].detail)
        not installed; 2 or newer is needed
    """
    findings: list[Finding] = []
    extras: dict[str, list[tuple[bool, str]]] = {}  # whether a package is new enough, and what was found
    for name, least, extra in sorted(required):
        version = _version(name)
        is_good = version is not None and _numbers(version) >= _numbers(least)
        detail = version or "not installed"
        if not is_good and least != "0":
            detail += f"; {least} or newer is needed"
        if extra:
            extras.setdefault(extra, []).append((is_good, f"{name} {detail}"))
        elif is_good:
            findings.append(Finding(name, "ok", detail))
        elif name == "mmsr-lite":
            findings.append(Finding(name, "problem", detail, f"{install_command()} {name_for_pip()}"))
        else:
            findings.append(Finding(name, "problem", detail, f"{install_command()} '{name}>={least}'"))
    for extra, members in extras.items():
        if all(is_good for is_good, _ in members):
            findings.append(Finding(f"extra {extra}", "ok", ", ".join(detail for _, detail in members)))
        else:
            missing = [detail for is_good, detail in members if not is_good]
            told = ", ".join(missing[:SHOWN]) + (f", and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
            fix = command_for(extra)
            findings.append(Finding(f"extra {extra}", "note", told, fix))
    return findings


def gpu() -> list[Finding]:
    """Look at torch and the GPU.

    Returns:
        One line, a note where there is a GPU that torch cannot use; none where torch is missing, which `packages` says.

    Example:
        >>> {finding.name for finding in gpu()} <= {"gpu", "torch"}
        True
    """
    try:
        import torch
    except ModuleNotFoundError:
        return []
    except Exception as error:  # a broken build may raise anything
        return [Finding("torch", "problem", f"does not load: {error}", f"{install_command()} --force-reinstall torch")]
    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        detail = f"{torch.cuda.get_device_name(0)}, {memory:.0f} GiB, CUDA {torch.version.cuda}"
        if kernels_work():
            return [Finding("gpu", "ok", detail)]
        detail += "; without Triton's kernels a step of MMSR takes three times as long"
        fix = "install triton and a C compiler (Debian, Ubuntu: apt-get install gcc)"
        return [Finding("gpu", "note", detail, fix)]
    if shutil.which("nvidia-smi") and subprocess.run(["nvidia-smi", "-L"], capture_output=True).stdout:
        detail = f"there is one, but torch ({torch.version.cuda or 'no CUDA'}) cannot use it"
        fix = "install a torch built for your driver's CUDA: pytorch.org/get-started lists them"
        return [Finding("gpu", "note", detail, fix)]
    return [Finding("gpu", "ok", f"none; the CPU is used ({torch.get_num_threads()} threads)")]


def kernels_work() -> bool:
    """Whether this copy of the project has kernels for a GPU, and they run on this one.

    Returns:
        Whether they do.

    Example:
        >>> import torch
        >>> kernels_work() <= torch.cuda.is_available()  # never without a GPU
        True
    """
    if find_spec("mmsr_lite.kernels") is None:
        return False
    from mmsr_lite.kernels import works

    return works()


def cache() -> Finding:
    """Look whether features and pictures can be cached.

    Returns:
        One line of the report.

    Example:
        >>> cache().name
        'cache'
    """
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
    """Look at the JavaScript parts of the widgets, in each Jupyter that may show them.

    Returns:
        A line for each: a note where it is missing, a problem where its version differs from that of its Python part.

    Example:
        >>> {finding.state for finding in front_end()} <= {"ok", "note", "problem"}
        True
    """
    places = {}  # the folder of an environment -> its common name
    if _version("jupyterlab") is not None:
        places[Path(sys.prefix)] = "this environment's Jupyter"
    jupyter = shutil.which("jupyter")
    if jupyter and Path(jupyter).parent.parent != Path(sys.prefix):
        places[Path(jupyter).parent.parent] = f"the Jupyter at {jupyter}"
    if not places:
        detail = "no Jupyter here; the command line and reports work"
        return [Finding("front end", "note", detail, command_for("lab"))]
    findings = []
    for place, label in places.items():
        for extension, package in FRONT_ENDS.items():
            kernel = _version(package)
            if kernel is not None:  # `packages` says which are missing
                findings.append(_front_end_of(place, label, extension, package, kernel))
    return findings


def _front_end_of(place: Path, label: str, extension: str, package: str, kernel: str) -> Finding:
    """The line about the JavaScript part in one Jupyter; `kernel` is the version of the Python part."""
    name = f"front end {package}"
    pip = place / ("Scripts" if os.name == "nt" else "bin") / "pip"
    fix = f"{pip} install '{package}=={kernel}', restart Jupyter and reload the page"
    record = place / "share/jupyter/labextensions" / extension / "package.json"
    if not record.is_file():
        return Finding(name, "note", f"{label} lacks it, so widgets stay empty", fix)
    front = json.loads(record.read_text(encoding="utf-8")).get("version", "?").lstrip("~^")
    if package == "anywidget" and front != kernel:
        return Finding(name, "problem", f"{label} has {front}, the kernel {kernel}", fix)
    return Finding(name, "ok", f"{front} in {label}")


def hosts() -> list[Finding]:
    """Look at what an editor or a hosted notebook needs, where this runs in one.

    Returns:
        Lines of the report; none elsewhere.

    Example:
        >>> from unittest.mock import patch
        >>> with patch.dict(os.environ, {"TERM_PROGRAM": "vscode"}): "VS Code" in [one.name for one in hosts()]
        True
    """
    findings = []
    if "COLAB_RELEASE_TAG" in os.environ or "google.colab" in sys.modules:
        fix = "from google.colab import output; output.enable_custom_widget_manager()"
        findings.append(Finding("Colab", "note", "custom widgets are off in each new session until this has run", fix))
    if os.environ.get("TERM_PROGRAM") == "vscode" or "VSCODE_PID" in os.environ:
        fix = f"choose the kernel {sys.executable}; when it says 'no version of module anywidget', reload the window"
        findings.append(Finding("VS Code", "note", "widgets need the notebook's kernel to be this environment", fix))
    return findings


def browser() -> Finding:
    """Look for a Chromium, which only the browser tests need.

    Returns:
        One line of the report.

    Example:
        >>> browser().state in ("ok", "note")
        True
    """
    for name in BROWSERS:
        path = shutil.which(name)
        if path:
            return Finding("browser for tests", "ok", path)
    return Finding("browser for tests", "note", "none, so browser tests are skipped", "apt-get install chromium")


def _version(name: str) -> str | None:
    """The installed version of a package; None where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, for comparing versions.

    >>> _numbers("2.13.0+cpu") > _numbers("2.4")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:4])
