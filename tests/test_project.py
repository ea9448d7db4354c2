"""The files around the package agree with each other: ranges, tested versions, commands, paths."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from packaging.requirements import Requirement

import mmsr_lite
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.storage import read_json
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.changes import FEATURES
from mmsr_lite.experiments.notes import read_sidecar
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import LABELS
from mmsr_lite.experiments.table import label_of, of_whole_seeds, read_rows, system_of
from mmsr_lite.experiments.verdicts import decides
from mmsr_lite.models import MODELS
from tests.sources import nodes_of, tree_of

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "assets/results/measured.md"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA_NAMES = {"torch": "pytorch", "torch-geometric": "pytorch_geometric"}


def ranges(*extras: str) -> dict[str, Requirement]:
    lines = PYPROJECT["dependencies"] + [line for x in extras for line in PYPROJECT["optional-dependencies"][x]]
    return {Requirement(line).name: Requirement(line) for line in lines}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_conda_installs_the_same_ranges_as_pip():
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = {re.match(r"[\w-]+", line)[0]: re.sub(r"^[\w-]+", "", line) for line in lines if isinstance(line, str)}
    expected = {CONDA_NAMES.get(name, name): str(req.specifier) for name, req in ranges("lab").items()}
    assert conda == expected | {"python": PYPROJECT["requires-python"], "pip": ""}
    assert lines[-1] == {"pip": ["--editable ."]}


def test_tested_versions_satisfy_the_ranges():
    tested = {re.sub(r"[_.]", "-", name).lower(): version for name, version in pins().items()}
    for name, req in ranges("lab", "dev", "docs").items():
        version = tested[name.replace("_", "-").lower()]
        assert req.specifier.contains(version), f"{name} {version} does not satisfy {req.specifier}"


NAMES_TO_IMPORT = {  # package on PyPI: name in Python, where they differ by more than - and _
    "pillow": "PIL", "scikit-learn": "sklearn", "open-clip-torch": "open_clip", "pyyaml": "yaml",
    "griffelib": "griffe", "ipython": "IPython", "markdown-it-py": "markdown_it",
}  # fmt: skip
ELSEWHERE = {"recbole"}  # in an environment of its own: benchmarks/README.md says how


def imported(*folders: str) -> set[str]:
    """Packages outside Python's own library that the Python files in these folders import, anywhere in a file."""
    names: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in nodes_of(tree_of(path)):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    beside = {
        "fixtures",
        "parity",
        "windows",
        "keys",
        "marionette",
        "build",
        "readability",
        "figures",
    }  # files in the folder of those who import them
    own = {"mmsr_lite", "tests", "benchmarks", "__future__"} | beside
    return names - set(sys.stdlib_module_names) - own


def declared(*extras: str) -> set[str]:
    return {NAMES_TO_IMPORT.get(name.lower().replace("_", "-"), name.replace("-", "_")) for name in ranges(*extras)}


def test_every_package_that_is_imported_is_declared():
    optional = {"gpu", "encoders", "download", "lab"}
    assert imported("mmsr_lite") - declared(*optional) == set()
    everything = declared(*PYPROJECT["optional-dependencies"])
    assert imported("tests", "notebooks", "benchmarks", "docs") - everything - ELSEWHERE == set()


def test_torch_is_pinned_first():
    assert next(iter(pins().items())) == ("torch", "2.13.0")


@pytest.mark.parametrize(("name", "last"), [("numpy", "2.4.6"), ("networkx", "3.6.1")])
def test_the_last_version_for_python_3_11_is_allowed(name, last):
    assert ranges()[name].specifier.contains(last)


def test_every_make_command_that_a_document_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {
        (file, target)
        for file in ("README.md", "CONTRIBUTING.md", ".ci/run")
        for target in re.findall(r"(?:^|`|MMSR_SITE=site )make ([a-z-]+)", (ROOT / file).read_text(), re.M)
    }
    assert {("README.md", "demo"), ("README.md", "test"), ("CONTRIBUTING.md", "test-quick")} <= named
    every_test = {"test-rest", "test-outside", "test-notebooks"}
    assert {(".ci/run", target) for target in (*every_test, "docs")} <= named
    assert {target for _, target in named} <= targets


def test_every_path_that_the_readme_names_exists():
    text = (ROOT / "README.md").read_text()
    paths = re.findall(r"`((?:notebooks|mmsr_lite|models|nn|graph)/[\w./]+)`", text) + re.findall(
        r"\]\((\w[\w./]+)\)", text
    )
    missing = [p for p in paths if not (ROOT / p).exists() and not (ROOT / "mmsr_lite" / p).exists()]
    assert paths and not missing


def test_one_version_everywhere():
    assert f"version: {mmsr_lite.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {mmsr_lite.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_no_file_names_a_place_on_a_machine():
    place = re.compile(rb"(?<![\w.])/(?:work|home|Users|root|tmp)/[\w.]")
    bad = [name for name in tracked() if place.search((ROOT / name).read_bytes()) and name != "tests/test_project.py"]
    assert bad == []


def test_the_scripts_run_in_plain_shells():
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)
    assert subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True).returncode == 0
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_make_says_what_is_missing_when_there_is_no_python(tmp_path):
    done = subprocess.run(
        ["make", "demo", "PYTHON=", f"VENV={tmp_path / 'venv'}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "needs Python 3.11 or newer with venv" in done.stderr


def test_the_page_of_measurements_says_what_the_result_tables_say():
    """The rows of its table are the means of the runs, rounded; of other systems the best are named."""
    readme, shown = MEASURED.read_text(encoding="utf-8"), ["HR@5", "MRR@5", "HR@20", "MRR@20"]
    recipe = pd.read_csv(ROOT / "benchmarks/results/beauty_recipe.csv").groupby("system")[shown].mean()
    systems = pd.read_csv(ROOT / "assets/results/amazon-beauty/comparison.csv").groupby("model")[shown].mean()
    named = ["true, feature start", "shuffled, feature start", "none"]
    for row in [*recipe.loc[named].to_numpy(), *systems.loc[["mmsr", "markov", "sasrec-f", "sr-gnn"]].to_numpy()]:
        assert " | ".join(f"{value:.2f}" for value in row) in readme
    others = systems.drop(index="mmsr")
    assert [others["HR@5"].idxmax(), others["MRR@5"].idxmax()] == ["sasrec-f", "sr-gnn"]


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_every_link_of_a_page_leads_to_a_place_of_the_repository(page):
    """On GitHub, where no site is built; the site turns these links into links between its pages."""
    text = re.sub(r"```.*?```", "", (ROOT / "docs" / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\((?!https?://|#)([^)\s#]+)", text)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    assert links or page in ("live-pages.md", "open-choices.md")


RESULTS = ROOT / "assets/results"
WORLDS = sorted(file.parent.name for kind in ("wardrobe", "world") for file in RESULTS.glob(f"{kind}-*/dataset.json"))


@lru_cache
def setting_of(world: str) -> Setting:
    """The terms of a world's tables, as far as systems are named by them: its modalities and the size of its codebooks.

    A plan asks of the data only that they have as many different features as codes, so a few items stand for them.
    """
    note = read_json(RESULTS / world / "dataset.json")
    items = 64
    ids, features = ("", *map(str, range(1, items))), np.eye(items, dtype=np.float32)
    modalities = tuple(Modality(name, features, np.arange(items) > 0) for name in note["modalities"])
    seen = np.zeros(5, int), np.array([1, 2, 1, 2, 1]), np.arange(5)
    data = Dataset(world, *seen, ("u",), ids, ids, modalities=modalities)
    return Setting.of(data, {name: note["terms"][name] for name in ("codes", "codes_per_item")})


WAITING = {  # variants, or kinds of corruption, that are younger than the tables of the wardrobe
    "ablation": {"ho", "he"},
    "comparison": {FEATURES},
    "codebook": {"no codes"},
    "fusion_order": {"displaced"},
}
WITHOUT_TABLE = {"departures", "feature_controls", "open_choices"}  # studies that are not carried out on worlds
NINE = [name for name in STUDIES if name not in WITHOUT_TABLE]
CARRIED_OUT = [(world, study) for world in WORLDS for study in NINE]


def test_nine_studies_are_carried_out_on_every_world():
    assert len(NINE) == 9 and {"wardrobe-cycle", "wardrobe-match"} <= {*WORLDS}


@pytest.mark.parametrize(("world", "study"), CARRIED_OUT)
def test_every_system_that_learns_has_five_seeds_in_every_study_of_a_world(study, world):
    rows = pd.DataFrame(read_rows(RESULTS / world / f"{study}.csv"), columns=[*LABELS, "seed"])
    found = {system: sorted(seeds) for system, seeds in rows.groupby([*LABELS])["seed"]}
    jobs = STUDIES[study].jobs(setting_of(world))
    planned = {system_of(job.labels | reading.labels) for job in jobs for reading in job.readings}
    if world.startswith("wardrobe-"):
        planned = {system for system in planned if not WAITING.get(study, set()) & {*system[1:3]}}
    assert found == {system: [0, 1, 2, 3, 4] if MODELS[system[0]].learns else [0] for system in planned}


def test_every_system_of_the_tables_of_the_worlds_of_fusion_was_tested_against_its_reference():
    """By `mmsr-lite tables --recompute`, which the runs on a GPU leave out; the wardrobe's ranks were not kept."""
    untested = []
    for world, study in [one for one in CARRIED_OUT if one[0].startswith("world-")]:
        rows, tests = read_rows(RESULTS / world / f"{study}.csv"), read_sidecar(RESULTS / world, study)["tests"]
        against = {label_of(system_of(row)): label_of(system_of(row | STUDIES[study].reference)) for row in rows}
        pairs = {frozenset(pair) for pair in against.items() if len({*pair}) == 2 and pair[1] in against}
        tested = {frozenset((test["system"], test["against"])) for test in tests if decides(test)}
        untested += [(world, study, *sorted(pair)) for pair in pairs - tested]
    assert untested == []


def test_the_table_of_the_readme_says_what_the_page_of_the_worlds_says():
    """Means over seeds: early and late fusion of each base, and MMSR's gate; a test holds that page to its table."""
    readme, page = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/worlds.md"))
    page = page.split("## The table for the wall")[1].split("| what was aimed at |")[0]
    found = {
        system: [cell.split(" (")[0].strip() for cell in cells.split("|")]
        for system, cells in re.findall(r"^\| ([\w-]+, `?[\w-]+`?) \|(.*)$", page, re.M)
    }
    pairs = [(f"{base}, early", f"{base}, late") for base in ("SASRec", "GRU4Rec")]
    pairs.append(("MMSR, `heho-invasive`", "MMSR, `hohe-invasive`"))
    for column, world in enumerate(("pick", "clocks", "both")):
        both = [(found[one][column], found[other][column]) for one, other in pairs]
        row = [" / ".join(pair) if all(pair) else "not run" for pair in both]
        row.append(found["MMSR, `adaptive-invasive`"][column])
        assert re.search(rf"^\| `{world}`.*\| {' [|] '.join(map(re.escape, row))} \|$", readme, re.M), row


@pytest.mark.slow
@pytest.mark.outside
def test_the_ten_lines_of_the_readme_run(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    assert code in (ROOT / "docs/index.md").read_text(encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "HR@5 " in done.stdout and "rank " in done.stdout and (tmp_path / "user-15.html").is_file()
    best = read_json(ROOT / "assets/results/world-both-small/dataset.json")["reachable"]["HR@5"]
    assert f"{best:.1f} is possible" in code
    rank, reason, answer = re.search(r"^rank (\d+)\. (.*)\n(.*)$", done.stdout, re.M).groups()
    name, place = re.search(r"the look of (.*?) at position (\d+),", reason).groups()
    assert f'"position": {place}' in code  # the what-if is about the item that the reason is about
    assert answer.startswith(f"“{name}” loses its text") and f"goes from {rank} to " in answer
    assert "the largest of all" in answer


def test_the_readme_is_a_screen_and_a_half_and_no_paragraph_is_a_heap_of_numbers():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 85 and len(text.split()) <= 700
    for paragraph in re.sub(r"```.*?```", "", text, flags=re.DOTALL).split("\n\n"):
        lines = [line for line in paragraph.splitlines() if not line.startswith("|")]
        for line in lines if paragraph.lstrip().startswith(("-", "1.")) else ["\n".join(lines)]:
            prose = re.sub(r"\]\([^)]*\)|`[^`]*`|^\d\.|Python 3\.11|CIKM 2023|HR@5", "", line)
            assert len(re.findall(r"\d+(?:[.,]\d+)*", prose)) <= 2, line


def headline_and_all_items(data, studies):
    """System -> its means of HR@5 and MRR@5 with own items masked, then with all items ranked; seeds in all orders."""
    found = {}
    for study in studies:
        systems = {}
        for row in read_rows(ROOT / f"assets/results/{data}/{study}.csv"):
            systems.setdefault((row["model"], row["variant"], row["corruption"]), []).append(row)
        for system, rows in systems.items():
            runs = pd.DataFrame(of_whole_seeds(rows))
            found[system] = runs[["masked HR@5", "masked MRR@5", "HR@5", "MRR@5"]].mean()
    return found


def test_the_page_of_measurements_says_what_the_tables_of_dated_beauty_say():
    page = " ".join(MEASURED.read_text(encoding="utf-8").split())
    found = headline_and_all_items("amazon-beauty-dated", ("comparison", "feature_controls"))
    features = "features in the embeddings"
    systems = {
        "MMSR, features in the items' embeddings": ("mmsr", features, ""),
        "SASRec, features in the items' embeddings": ("sasrec", features, ""),
        "SASRec": ("sasrec", "", ""),
        "SASRec, shuffled features in the items' embeddings": ("sasrec", features, "mismatched"),
        "MMSR, as in the paper": ("mmsr", "", ""),
        "counting: a Markov chain": ("markov", "", ""),
    }
    for name, system in systems.items():
        assert f"| {name} | {' | '.join(f'{value:.2f}' for value in found[system])} |" in page
    best, rival, plain, shuffled, paper, counting = (found[system]["masked HR@5"] for system in systems.values())
    assert f"beats counting by {100 * (best / counting - 1):.0f} % at its best" in page
    worth, over_shuffled = 100 * (rival / plain - 1), 100 * (rival / shuffled - 1)
    assert f"worth {worth:.0f} % to SASRec, and {over_shuffled:.0f} % against shuffled ones" in page
    assert f"without departures, is {100 * (1 - paper / plain):.0f} % behind SASRec" in page
    behind = [100 * (1 - found[name, "", ""]["masked HR@5"] / plain) for name in ("bm3", "mmgcn", "mgat")]
    assert f"are {min(behind):.0f} to {max(behind):.0f} % behind SASRec" in page
    of_mmsr = 100 * (best / found["mmsr", features, "mismatched"]["masked HR@5"] - 1)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"has {over_shuffled:.0f} % more HR@5 than with shuffled ones, tuned alike; MMSR {of_mmsr:.0f} %" in readme


def test_the_page_of_measurements_says_what_the_tables_of_ml_100k_say():
    page = " ".join(MEASURED.read_text(encoding="utf-8").split())
    found = headline_and_all_items("ml-100k", ("controls", "comparison"))
    systems = {
        "SASRec": ("sasrec", "", ""),
        "counting: nearest items": ("item-knn", "", ""),
        "GRU4Rec-F: side features": ("gru4rec-f", "", ""),
        "GRU4Rec": ("gru4rec", "", ""),
        "SASRec-F: side features (four seeds)": ("sasrec-f", "", ""),
        "MMSR without modalities": ("mmsr", "none", ""),
        "counting: a Markov chain": ("markov", "", ""),
    }
    for name, system in [("MMSR, as in the paper", ("mmsr", "", "")), *systems.items()]:
        assert f"| {name} | {' | '.join(f'{value:.2f}' for value in found[system])} |" in page
    paper = found["mmsr", "", ""]["masked HR@5"]
    ahead = {name: 100 * (paper / found[system]["masked HR@5"] - 1) for name, system in systems.items()}
    assert f"of SASRec by {ahead['SASRec']:.1f} %" in page
    chain, nearest = ahead["counting: a Markov chain"], ahead["counting: nearest items"]
    assert f"of the Markov chain by {chain:.1f} %, of nearest items by {nearest:.0f} %" in page
    assert f"is {ahead['MMSR without modalities']:.0f} % ahead of itself without modalities" in page


def test_the_page_of_measurements_says_what_the_tables_of_the_worlds_say():
    readme = " ".join(MEASURED.read_text(encoding="utf-8").split())
    rows = pd.DataFrame(read_rows(ROOT / "assets/results/wardrobe-cycle/comparison.csv"))
    best = rows.groupby("model")["HR@5"].mean().sort_values()
    assert [*best.index[-2:]] == ["mmsr", "gru4rec-f"]
    told = f"({best['mmsr']:.1f}; 73.0 can be reached) is second to GRU4Rec-F alone ({best['gru4rec-f']:.1f})"
    assert told in readme


def test_the_numbers_of_the_open_choices_are_those_of_the_stored_tables():
    """Each cost is "A → B (data set, study: variant)": the means over runs of the study's reference and the variant."""
    page = (ROOT / "docs/open-choices.md").read_text(encoding="utf-8")
    costs = re.findall(r"(\d+\.\d\d) → (\d+\.\d\d) \(([\w-]+), (\w+): ([^)]+)\)", page)
    assert len(costs) > 20 and page.count("→") == len(costs)
    for ours, other, data, study, variant in costs:
        rows = pd.DataFrame(read_rows(ROOT / f"assets/results/{data}/{study}.csv"))
        rows = rows[(rows["model"] == "mmsr") & (rows["corruption"] == "")]
        base = STUDIES[study].reference.get("variant", "")
        if study == "codebook":  # the base's own C and k
            base = "C 30, k 3" if data in ("amazon-beauty", "ml-100k-file-order") else "C 7, k 1"
        means = rows.groupby("variant")["HR@5"].mean()
        assert (f"{means[base]:.2f}", f"{means[variant]:.2f}") == (ours, other), (data, study, variant)
