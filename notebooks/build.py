"""Build both editions of the notebooks from notebooks/src/*.py (jupytext py:percent), executed: `make notebooks`.

The solution edition (notebooks/solutions/) has every cell; the learner edition (notebooks/) leaves out those tagged
`solution`. A solution cell binds no name, so one execution of the solution edition gives the outputs of both. In the
prose `[[term]]` becomes a term of the glossary with its meaning on hover, `{{measured}}` what the last build measured,
`{{minutes}}` how long it takes by `readability.py` and by what its exercises say.
What is saved shows on GitHub and in an untrusted copy: PNG and text only, no widget state, no machine's paths.

`python notebooks/build.py --check-only --report times.json` executes all solutions and writes no notebook: whether each
passes, how long it takes, and where it trained; for a GPU machine.
"""

import argparse
import ast
import base64
import copy
import io
import math
import os
import re
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from mmsr_lite.course.check import exercises
from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.views.glossary import hover

HERE = Path(__file__).parent
sys.path.append(str(HERE))
import readability  # noqa: E402  (beside this file, wherever it is started from)

FOLDERS = {"learner": HERE, "solution": HERE / "solutions"}
NAMES = sorted(path.stem for path in (HERE / "src").glob("[0-9]*.py"))
MEASURED = HERE / "measured.json"
KEPT = ("image/png", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
# CPU seconds and peak megabytes of the kernel; on Linux ru_maxrss would begin with what the process that started it had
USAGE = """import pathlib as _p, resource as _r
_u, _s = _r.getrusage(_r.RUSAGE_SELF), _p.Path("/proc/self/status")
_peak = _s.read_text().partition("VmHWM:")[2].split() if _s.is_file() else []
print(_u.ru_utime + _u.ru_stime, float(_peak[0] if _peak else _u.ru_maxrss) / 1e3)"""


def source(name: str) -> NotebookNode:
    """All cells of the notebook that src/<name>.py describes, without outputs and with stable ids."""
    notebook = jupytext.read(HERE / "src" / f"{name}.py", fmt="py:percent")
    notebook.metadata = NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{name[:2]}-{number:02d}"
        cell.metadata = NotebookNode({key: cell.metadata[key] for key in ("tags",) if key in cell.metadata})
        if cell.cell_type == "code" and only_checks(cell.source):
            cell.metadata["jupyter"] = {"source_hidden": True}  # folded: it stands between nobody and the text
    minutes = readability.minutes(notebook.cells)
    minutes = f"about {minutes} minutes to read and run, {for_exercises(name)} more for the exercises"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = cell.source.replace("{{measured}}", measured(name)).replace("{{minutes}}", minutes)
            cell.source = hover(text)
    return nbformat.from_dict({**notebook, "nbformat": 4, "nbformat_minor": 5})


def only_checks(code: str) -> bool:
    """Whether a cell asserts what the prose says, and shows nothing."""
    statements = ast.parse(code).body
    return any(isinstance(one, ast.Assert) for one in statements) and not isinstance(statements[-1], ast.Expr)


def measured(name: str) -> str:
    """What the last build measured, rounded up, in words."""
    found = (read_json(MEASURED) if MEASURED.exists() else {}).get(name, {"seconds": 0, "megabytes": 0})
    return f"{found['seconds']} s of one CPU core, {found['megabytes'] / 1e3:.1f} GB of memory; no GPU"


def for_exercises(name: str) -> int:
    """How many minutes the exercises of a notebook say they take, in all."""
    return sum(one.minutes for one in exercises(name[:2]))


def of_edition(notebook: NotebookNode, edition: str) -> NotebookNode:
    """One edition of a notebook with all cells: its code counted from 1, its paths as seen from its folder."""
    notebook, count = copy.deepcopy(notebook), 0
    if edition == "learner":
        notebook.cells = [cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", ())]
    for cell in notebook.cells:
        if edition == "solution":
            cell.source = re.sub(r'(?<=[("])\.\./', "../../", cell.source)
        if cell.cell_type == "code" and cell.execution_count:
            count += 1
            cell.execution_count = count
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
    return notebook


def execute(notebook: NotebookNode, timeout: int = 600) -> tuple[NotebookNode, dict[str, float]]:
    """Run all cells in a fresh kernel in this folder; what was run, CPU seconds and peak memory in megabytes.

    An error in a cell, at an end of a control, or in a solution that `check` does not call right, is raised.
    """
    os.environ.setdefault("MMSR_STRICT", "1")
    os.environ.pop("MPLBACKEND", None)  # with another backend than the kernel's own, charts of pandas are not saved
    whole = copy.deepcopy(notebook)
    whole.cells.append(nbformat.v4.new_code_cell(USAGE))
    NotebookClient(whole, timeout=timeout, store_widget_state=False, resources={"metadata": {"path": HERE}}).execute()
    seconds, megabytes = map(float, whole.cells.pop().outputs[0].text.split())
    for cell in whole.cells:
        if "solution" in cell.metadata.get("tags", ()):
            said = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
            assert said and re.match(r"\d\d\.\d right: ", said[-1]), f"{cell.source}\n{said}"
    return whole, {"seconds": seconds, "megabytes": megabytes}


def plain(notebook: NotebookNode) -> NotebookNode:
    """Keep of each output its picture and its text; drop progress bars, timings and widget state."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in outputs:
            if "data" in output:
                if WIDGET in output.data and KEPT[0] not in output.data and "mmsr_lite" not in output.metadata:
                    output.data = {}  # a progress bar, which says 0 % for ever
                output.data = {kind: output.data[kind] for kind in KEPT if kind in output.data}
                if KEPT[0] in output.data:
                    output.data[KEPT[0]] = smaller(output.data[KEPT[0]])
                output.metadata = {}
        cell.outputs = [output for output in outputs if output.get("data", True)]
    return notebook


def smaller(picture: str) -> str:
    """A PNG in base64 with 256 colours, a third of its bytes; one that is transparent somewhere stays as it is."""
    drawn = Image.open(io.BytesIO(base64.b64decode(picture)))
    if "A" in drawn.getbands() and drawn.getchannel("A").getextrema()[0] < 255:
        return picture
    packed = io.BytesIO()
    drawn.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return min(picture, base64.b64encode(packed.getvalue()).decode(), key=len)


def main(names: list[str]) -> None:
    """Build both editions of the named notebooks, or of all."""
    for name in names or NAMES:
        ran, used = execute(source(name))
        known = read_json(MEASURED) if MEASURED.exists() else {}
        rounded = {"seconds": 5 * math.ceil(used["seconds"] / 5), "megabytes": 100 * math.ceil(used["megabytes"] / 100)}
        write_json(MEASURED, dict(sorted((known | {name: rounded}).items())), indent=1)
        outputs = {cell.id: cell for cell in plain(ran).cells}
        for edition, folder in FOLDERS.items():
            notebook = source(name)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = outputs[cell.id].outputs, outputs[cell.id].execution_count
            notebook = of_edition(notebook, edition)
            nbformat.validate(notebook)
            folder.mkdir(exist_ok=True)
            nbformat.write(notebook, folder / f"{name}.ipynb")
        sizes = " and ".join(f"{(folder / f'{name}.ipynb').stat().st_size / 1e3:.0f} kB" for folder in FOLDERS.values())
        print(f"{name}: {used['seconds']:.0f} s of CPU, {used['megabytes']:.0f} MB, {sizes}", flush=True)


def check_only(names: list[str], report: Path | None) -> int:
    """Execute the solution edition of the named notebooks, or of all, and write nothing but `report`.

    Returns:
        The number of notebooks that do not pass.
    """
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    rows: dict[str, dict] = {}
    for name in names or NAMES:
        began, row = time.perf_counter(), {"passed": True, "trained": []}
        try:
            ran, used = execute(source(name))
            row |= {f"cpu_{key}" if key == "seconds" else key: round(value, 1) for key, value in used.items()}
            texts = [output.get("text", "") for cell in ran.cells for output in cell.get("outputs", [])]
            row["trained"] = [line for text in texts for line in text.splitlines() if "rained " in line]
        except Exception as error:  # whatever stops one notebook, the others are checked, too
            row |= {"passed": False, "error": f"{type(error).__name__}: {error}"[-3000:]}
        row["wall_seconds"] = round(time.perf_counter() - began, 1)
        rows[name] = row
        verdict = "passed" if row["passed"] else f"FAILED: {row['error']}"
        trained = "; ".join(row["trained"]) or "trains nothing"
        print(f"{name}: {row['wall_seconds']} s, {trained}, {verdict}", flush=True)
        if report is not None:
            record = {"gpu": gpu, "python": sys.version.split()[0], "torch": torch.__version__, "notebooks": rows}
            write_json(report, record, indent=1)
    return sum(not row["passed"] for row in rows.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build both editions of the notebooks, executed.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as 00_start_here; none: all")
    parser.add_argument("--check-only", action="store_true", help="execute the solutions and write no notebook")
    parser.add_argument("--report", type=Path, metavar="FILE", help="with --check-only: times and devices as JSON")
    asked = parser.parse_args()
    for unknown in set(asked.names) - set(NAMES):
        parser.error(f"there is no notebook {unknown!r}; choose from: {', '.join(NAMES)}")
    if asked.check_only:
        sys.exit(min(1, check_only(asked.names, asked.report)))
    main(asked.names)
