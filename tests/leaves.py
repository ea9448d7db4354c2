"""Hides each leaf of the package in turn, with its index line, and uses the rest; `test_leaves.py` starts this.

A leaf is hidden for a process of its own: its file cannot be found, and its index is read without the lines that name
it, as if somebody had deleted both. The packages that everything needs are imported once, before the processes part.
"""

import ast
import gc
import importlib
import importlib.util
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path

WARDROBE = {"wardrobe", "wardrobe_draw", "wardrobe_truth"}  # most tests and examples are made of it
# group: the package of its leaves, the module with its index, the files that are not leaves
GROUPS = {
    "baseline": ("mmsr_lite.models", "mmsr_lite.models", {"base", "mmsr", "early_late_fusion", "modality_graphs"}),
    "aggregator": ("mmsr_lite.nn.aggregators", "mmsr_lite.nn.aggregators", {"base"}),
    "study": ("mmsr_lite.experiments", "mmsr_lite.experiments", None),
    "encoder": ("mmsr_lite.data.encoders", "mmsr_lite.data.encoders", {"network"}),
    "source": (
        "mmsr_lite.data.sources",
        "mmsr_lite.data.sources",
        {"folder", "folder_tables", "lines", *WARDROBE},
    ),
    "figure": ("mmsr_lite.views.figures", "mmsr_lite.views.show", {"kit", "to_matplotlib", "msgraph", "training"}),
    "command": ("mmsr_lite.commands", "mmsr_lite.commands", {"command", "runs", "download"}),
    "kernels": ("mmsr_lite", "mmsr_lite.evaluation.strategy", None),
}
SHOW = "mmsr_lite.views.show"  # a package: each of its functions calls a figure
NAMES_OF_FUNCTIONS = ("mmsr_lite.views", SHOW)  # these name functions of `show`
COUNTED = {"counting"}  # it stands beside every trained model, so it is no leaf
NEEDS_TRITON = "mmsr_lite.kernels."


class Without:
    """Finds every module but one, and reads the index without the lines that name it."""

    def __init__(self, finders: list, leaf: str, index: str):
        self.finders, self.leaf, self.index = finders, leaf, index

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        if name == self.leaf or name.startswith(f"{self.leaf}."):
            return None
        for finder in self.finders:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                is_index = name == self.index or (self.index == SHOW and name.startswith(f"{SHOW}."))
                if is_index or name in NAMES_OF_FUNCTIONS:
                    spec.loader = ShortIndex(name, spec.origin, self.leaf)
                return spec
        return None

    def find_distributions(self, *context):
        for finder in self.finders:
            if hasattr(finder, "find_distributions"):
                yield from finder.find_distributions(*context)

    def invalidate_caches(self) -> None:
        for finder in self.finders:
            if hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()


class ShortIndex(SourceFileLoader):
    """Loads an index without the lines that name a leaf."""

    def __init__(self, name: str, path: str, leaf: str):
        super().__init__(name, path)
        self.leaf = leaf

    def get_code(self, name: str):
        tree = ast.parse(Path(self.path).read_text(encoding="utf-8"))
        if name in NAMES_OF_FUNCTIONS:
            delete_names(tree, functions_that_mention(ast.parse(source_of(SHOW)), self.leaf))
        elif name.startswith(f"{SHOW}."):  # one of several files
            delete_lines(tree, self.leaf)
        else:
            assert delete_lines(tree, self.leaf), f"{name} has no line about {self.leaf}"
        return compile(ast.fix_missing_locations(tree), self.path, "exec")


def source_of(index: str) -> str:
    """The text of an index; of `show` that of all its files."""
    file = Path(importlib.util.find_spec(index).origin)
    files = sorted(file.parent.glob("*.py")) if index == SHOW else [file]
    return "\n".join(one.read_text(encoding="utf-8") for one in files)


def delete_names(tree: ast.Module, names: set[str]) -> None:
    """Delete imports of some names, and the entries of dicts and lists that have them."""
    delete_entries(tree, names)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [alias for alias in node.names if alias.name not in names]
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            node.value.elts = [one for one in node.value.elts if not mentions(one, names)]
    tree.body = [node for node in tree.body if not isinstance(node, ast.ImportFrom) or node.names]


def delete_lines(tree: ast.Module, leaf: str) -> int:
    """Delete what names a leaf: imports, entries of dicts, and functions that call it; how many entries went."""
    names = names_of(tree, leaf)
    functions = functions_that_mention(tree, leaf)
    body = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) not in names]
            if not node.names:
                continue
        if not (isinstance(node, ast.FunctionDef) and node.name in functions):
            body.append(node)
    tree.body = body
    return len(functions) + delete_entries(tree, names | {leaf})


def names_of(tree: ast.Module, leaf: str) -> set[str]:
    """The names that a module imports from a leaf, or as the leaf itself."""
    package, _, own = leaf.rpartition(".")
    names = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == leaf:
            names |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module == package:
            names |= {alias.asname or alias.name for alias in node.names if alias.name == own}
    return names


def functions_that_mention(tree: ast.Module, leaf: str) -> set[str]:
    """The functions of a module that use a name of a leaf."""
    names = names_of(tree, leaf)
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and mentions(node, names)}


def delete_entries(tree: ast.Module, names: set[str]) -> int:
    """Delete the entries of a module's dicts that mention a name; how many there were."""
    deleted = 0
    for node in tree.body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Dict):
            left = [(key, one) for key, one in zip(value.keys, value.values, strict=True) if not mentions(one, names)]
            deleted += len(value.keys) - len(left)
            value.keys, value.values = [key for key, _ in left], [one for _, one in left]
    return deleted


def mentions(part: ast.AST, names: set[str]) -> bool:
    """Whether code has a name: as a variable, as an attribute or as a text."""
    parts = [[getattr(node, kind, None) for kind in ("id", "attr", "value")] for node in ast.walk(part)]
    return any(isinstance(word, str) and word in names for words in parts for word in words)


def leaves() -> list[tuple[str, str, str]]:
    """(group, leaf, index) of every leaf: each file of a group's package that its index names."""
    found = []
    for group, (package, index, shared) in GROUPS.items():
        if group == "kernels":
            found.append((group, "mmsr_lite.kernels", index))
            continue
        source = source_of(index)
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            leaf = f"{package}.{module.name}"
            is_named = delete_lines(ast.parse(source), leaf) > 0
            if is_named and module.name not in (shared or set()) | COUNTED:
                found.append((group, leaf, index))
    return found


def import_everything() -> None:
    """Import every module that there is, but for those that only a GPU can use."""
    import mmsr_lite

    for module in pkgutil.walk_packages(mmsr_lite.__path__, "mmsr_lite."):
        is_there = importlib.util.find_spec(module.name) is not None
        if is_there and module.name != "mmsr_lite.__main__" and not module.name.startswith(NEEDS_TRITON):
            importlib.import_module(module.name)


def small_world():
    """Twelve users who walk a ring of twelve items with two modalities, and the split of that."""
    import numpy as np

    from mmsr_lite.data.dataset import Dataset, Modality
    from mmsr_lite.data.split import split

    rng = np.random.default_rng(0)
    user, step = np.repeat(np.arange(12), 10), np.tile(np.arange(10), 12)
    names, present = tuple(f"i{item}" for item in range(13)), np.arange(13) > 0
    features = {name: rng.normal(size=(13, 4)).astype(np.float32) * present[:, None] for name in ("one", "two")}
    modalities = tuple(Modality(name, rows, present) for name, rows in features.items())
    users = tuple(f"u{user}" for user in range(12))
    dataset = Dataset("ring", user, (user + step) % 12 + 1, step, users, names, names, modalities=modalities)
    return dataset, split(dataset)


def use_models() -> None:
    """Every model scores, MMSR learns a step, every study lists its systems."""
    import torch

    from mmsr_lite.experiments import STUDIES
    from mmsr_lite.experiments.setting import Setting
    from mmsr_lite.graph.codes import fit_codebooks
    from mmsr_lite.models import MODELS
    from mmsr_lite.training.loop import TrainConfig, train

    dataset, parts = small_world()
    books = fit_codebooks(dataset, num_codes=3, codes_per_item=1, dim=8)
    model = MODELS["mmsr"](MODELS["mmsr"].Config(dim=8), dataset.num_items, books)
    train(model, parts, TrainConfig(epochs=1, device="cpu"), progress=False)
    assert model.scores(torch.tensor([[1, 2]])).shape == (1, 13)
    for study in STUDIES.values():
        assert isinstance(study.jobs(Setting.of(dataset, {"dim": 8, "codes": 3, "codes_per_item": 1})), list)


def use_aggregators() -> None:
    """MMSR with the first aggregator that is left scores."""
    import torch

    from mmsr_lite.graph.codes import fit_codebooks
    from mmsr_lite.models.mmsr import MMSR, MMSRConfig
    from mmsr_lite.nn.aggregators import AGGREGATORS

    dataset, _ = small_world()
    books = fit_codebooks(dataset, num_codes=3, codes_per_item=1, dim=8)
    for name in {next(iter(AGGREGATORS)), "han-gnn"}:
        model = MMSR(MMSRConfig(dim=8, aggregator=name), dataset.num_items, books)
        assert model.scores(torch.tensor([[1, 2]])).shape == (1, 13)


def use_encoders() -> None:
    """A source of text or of pictures is encoded by an encoder that is left."""
    from mmsr_lite.data.encoders import ENCODERS, encoder_of

    assert all(encoder_of(name) is encoder for name, encoder in ENCODERS.items())


def use_sources() -> None:
    """The wardrobe opens."""
    from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load

    config = WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4)
    assert load("match", config=config, modalities=()).num_items == 9


def use_figures() -> None:
    """The training of a run is drawn, and the functions that are left can be called."""
    from mmsr_lite.views import show

    history = {"epochs": [{"epoch": 1, "loss": 1.0, "lr": 0.1}], "best_epoch": 1, "selection": "none"}
    assert show.training(history) is not None


def use_commands() -> None:
    """The help of the command line lists the commands that are left."""
    from mmsr_lite.cli import parser_for
    from mmsr_lite.commands import COMMANDS

    lines = parser_for([]).format_help().splitlines()
    listed = {line.split()[0] for line in lines if line.startswith("    ") and line[4:5].strip()}  # names stand at 4
    assert COMMANDS and listed == set(COMMANDS), f"the help lists {sorted(listed)}, the index {sorted(COMMANDS)}"


USES: dict[str, Callable[[], None]] = {
    "baseline": use_models,
    "aggregator": use_aggregators,
    "study": use_models,
    "encoder": use_encoders,
    "source": use_sources,
    "figure": use_figures,
    "command": use_commands,
    "kernels": use_models,
}


def breaks_without(group: str, leaf: str, index: str) -> str:
    """What goes wrong in a process in which a leaf is hidden; empty where nothing does."""
    reads, writes = os.pipe()
    process = os.fork()
    if process == 0:
        message = ""
        try:
            os.close(reads)
            sys.meta_path[:] = [Without(list(sys.meta_path), leaf, index)]
            import_everything()
            USES[group]()
        except BaseException:
            message = traceback.format_exc()
        with os.fdopen(writes, "w") as pipe:
            pipe.write(message)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as pipe:
        message = pipe.read()
    os.waitpid(process, 0)
    return message


def main() -> None:
    """Print a JSON object: each leaf and what breaks without it."""
    found = leaves()
    import_everything()
    for name in [name for name in sys.modules if name.partition(".")[0] == "mmsr_lite"]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()  # no process looks through what is common to all
    print(json.dumps({leaf: breaks_without(group, leaf, index) for group, leaf, index in found}))


if __name__ == "__main__":
    main()
