"""The command line: what each command asks and prints; what it does lives in the package, not here."""

import argparse
import os
import shlex
import sys
import warnings
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmsr_lite import __version__
from mmsr_lite.cli_data import add_commands, encoders, pairs
from mmsr_lite.errors import MMSRError

TOLD, STOPPED = 1, 130  # exit codes beside 0, and argparse's 2
SHOWN = ("HR@5", "MRR@5", "HR@20", "MRR@20")
SETTINGS = {  # options of `train` that are fields of RunConfig, TrainConfig or MMSRConfig: (default, help)
    "codes": (30, "C, codes in each modality's codebook"),
    "codes_per_item": (3, "k, codes an item gets"),
    "reduction": ("pca", "features to D before k-means: pca or autoencoder"),
    "dim": (128, "D, width"),
    "layers": (1, "HAN-GNN layers"),
    "fusion": ("adaptive", "adaptive, synchronous, hohe (late), heho (early), homogeneous, ...: see nn.han.FUSIONS"),
    "epochs": (10, "most epochs"),
    "batch": (512, "examples a step"),
    "lr": (1e-2, "learning rate"),
    "dropout": (0.3, "dropout after each layer"),
    "input_dropout": (0.4, "dropout of the nodes' input"),
    "selection": ("validation", "what picks the best epoch; 'test' only to compare with the paper's tables"),
    "seed": (0, "seed of codes, weights and order"),
    "device": ("auto", "auto, cpu or cuda"),
    "precision": ("float32", "float32, tf32 or bf16"),
}


def demo(args: argparse.Namespace) -> None:
    """Make a small world, train, compare, write and open the report."""
    import torch

    from mmsr_lite.training.fit import fit
    from mmsr_lite.training.run import DEMO, RunConfig

    # Matrices this small: training took 57 s, with two threads 49 s on idle cores and minutes on busy ones.
    torch.set_num_threads(1)
    config = RunConfig(f"wardrobe:{args.world}").with_settings(**DEMO, seed=args.seed)
    print(f"World {args.world!r}: garments whose next one is planted, so the best reachable is known.")
    run = fit(config, args.out, resume=args.resume)
    _table(run.metrics)
    report = _report(run.model, run.dataset, args.out, _some_users(run.dataset), Path(args.out, "report.html"))
    print(f"\nSaved {args.out}/metrics.json and {report}. Next: make lab, or mmsr-lite explain {args.out} --user 12")
    screen = sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    if screen if args.open is None else args.open:
        webbrowser.open(report.resolve().as_uri())


def train(args: argparse.Namespace) -> None:
    """Train on a source, compare, write the run."""
    from mmsr_lite.training.fit import fit
    from mmsr_lite.training.run import RunConfig

    if Path(args.out, "config.json").is_file() and not args.resume:
        raise MMSRError(f"{args.out!r} holds a run already; go on with --resume, or name another folder with --out")
    given = {name: getattr(args, name) for name, (default, _) in SETTINGS.items() if getattr(args, name) != default}
    names = None if args.modalities is None else tuple(args.modalities)
    settings = given | pairs(args.set, json_values=True)
    config = RunConfig(args.source, names, encoders(args.encoder), args.min_count).with_settings(**settings)
    run = fit(config, args.out, resume=args.resume)
    _table(run.metrics)
    print(f"\nSaved {args.out}. Next: mmsr-lite explain {args.out} --user 0")


def evaluate(args: argparse.Namespace) -> None:
    """Rank the test targets again, write metrics.json."""
    from mmsr_lite.data.storage import write_json
    from mmsr_lite.training.fit import open_run

    metrics = open_run(args.run, args.device).evaluate(progress=True)
    write_json(Path(args.run, "metrics.json"), metrics, indent=1)
    _table(metrics)


def explain(args: argparse.Namespace) -> None:
    """Trace a user, write one HTML file."""
    from mmsr_lite.training.fit import open_run

    run = open_run(args.run)
    users = [_user(run.dataset, given) for given in args.user]
    place = args.output or Path(args.run, f"user-{'-'.join(args.user)}.html")
    print(f"Saved {_report(run.model, run.dataset, args.run, users, place)}")


def explore(args: argparse.Namespace) -> int:
    """Open the explorer of a run in a browser."""
    from mmsr_lite.live_explorer import serve

    return serve(args.run, args.user, port=args.port, browser=args.browser)


def tables(args: argparse.Namespace) -> None:
    """Carry out studies, write their tables."""
    from mmsr_lite.experiments.runner import run_sources

    given = ("out", "modalities", "min_count", "seeds", "device", "jobs", "limit_minutes", "dry_run", "page", "only")
    given = (*given, "trials", "recompute")
    how = {name: getattr(args, name) for name in given} | {"encoders": encoders(args.encoder)}
    for told in run_sources(args.name, args.source, changes=pairs(args.set, json_values=True), **how):
        print(told, flush=True)


def doctor(args: argparse.Namespace) -> int:
    """Look at the installation."""
    from mmsr_lite.doctor import doctor as look

    return look()


def _some_users(dataset: Any) -> list[int]:
    """Two users of every cause, as the wardrobe knows it, of their last interaction."""
    causes = dataset.facts["cause"][dataset.offsets[1:] - 1].tolist()
    return sorted(user for cause in set(causes) for user in [u for u, c in enumerate(causes) if c == cause][:2])


def _user(dataset: Any, given: str) -> int:
    """The index of a user given as id or number; an id goes first."""
    if given in dataset.user_ids:
        return dataset.user_ids.index(given)
    if given.isdigit() and int(given) < dataset.num_users:
        return int(given)
    known = f"an id such as {dataset.user_ids[0]!r}, or a number from 0 to {dataset.num_users - 1}"
    raise MMSRError(f"there is no user {given!r} in {dataset.name!r}; give {known}")


def _report(model: Any, dataset: Any, run: str, users: Sequence[int], place: str | Path) -> Path:
    from mmsr_lite.data.storage import read_json
    from mmsr_lite.explain.trace import trace
    from mmsr_lite.views.report import save_report

    history, metrics = (read_json(Path(run, name)) for name in ("history.json", "metrics.json"))
    save_report(place, [trace(model, dataset, user) for user in users], history, metrics)
    return Path(place)


def _table(metrics: dict[str, Any]) -> None:
    """The model beside the best reachable and counting, in percent."""
    rows = {metrics["model"]: metrics["test"], "best reachable": metrics.get("reachable")}
    rows |= {f"counting: {name}": found for name, found in (metrics.get("counting") or {}).items()}
    told = f"\n{metrics['dataset']}, {metrics['examples']:,} test targets, percent"
    print(told.ljust(45), *(f"{name:>7}" for name in SHOWN))
    for name, found in rows.items():
        if found:
            print(f"{name:<44}", *(f"{found[key]:7.2f}" for key in SHOWN))


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    form = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        "mmsr-lite", formatter_class=form, epilog=EXAMPLES, description="Train HAN-GNN (MMSR), then look into it."
    )
    top.add_argument("--version", action="version", version=f"mmsr-lite {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")

    def command(run: Any, usage: str, told: str, examples: str) -> argparse.ArgumentParser:
        name, epilog = run.__name__, f"examples:\n{examples}"
        made = commands.add_parser(name, help=told, description=told, epilog=epilog, formatter_class=form)
        made.usage = f"mmsr-lite {name} {usage}"
        made.set_defaults(run_command=run)
        return made

    # fmt: off
    def read(add: Any) -> None:
        add("--modalities", nargs="*", metavar="NAME", help="columns of the items (default: all; bare: none)")
        add("--encoder", nargs="+", default=[], metavar="NAME",
            help="one for all (sentence, tfidf-svd, colour-edges, resnet50:FILE ...), or modality=encoder ...")
        add("--min-count", type=int, metavar="INT", help="k of the k-core (default: 5)")

    add = command(demo, "[options]", "a small world, a HAN-GNN trained in about a minute, a report",
                  "  mmsr-lite demo --world match --no-open").add_argument
    add("--world", default="mixed", help="cycle (sequence decides), match, sparse (the combination) or mixed (default)")
    add("--seed", type=int, default=0, help="seed of codes, weights and order (0)")
    add("--out", default="runs/demo", help="folder of the run (runs/demo)")
    add("--open", action=argparse.BooleanOptionalAction, help="open the report (default: where there is a screen)")
    add("--resume", action="store_true", help="go on from the last whole epoch")

    add = command(train, "SOURCE [options]", "train on a source and write a run", "\n".join((
        "  mmsr-lite train wardrobe:cycle --fusion hohe --out runs/late",
        "  mmsr-lite train my-folder --modalities title photo --encoder title=sentence photo=colour-edges",
        "  mmsr-lite train my-folder --out runs/mine --resume",
    ))).add_argument
    add("source", help="wardrobe, wardrobe:WORLD, a prepared folder, or whatever prepare takes")
    read(add)
    for name, (default, told) in SETTINGS.items():
        flag, kind = f"--{name.replace('_', '-')}", type(default)
        add(flag, type=kind, default=default, metavar=kind.__name__.upper(), help=f"{told} ({default})")
    add("--set", nargs="+", default=[], metavar="NAME=VALUE", help="other fields of RunConfig, TrainConfig, MMSRConfig")
    add("--out", help="folder of the run (default: runs/SOURCE)")
    add("--resume", action="store_true", help="go on from the last whole epoch of the run in --out")

    add = command(evaluate, "RUN [--device DEVICE]", "rank the test targets of a run again",
                  "  mmsr-lite evaluate runs/demo").add_argument
    add("run", help="folder of a run")
    add("--device", default="auto", help="auto, cpu or cuda (auto)")

    add = command(explain, "RUN --user U [U ...] [-o FILE]", "one HTML file: a user's graph, gates and ranking",
                  "  mmsr-lite explain runs/demo --user 12 -o user-12.html").add_argument
    add("run", help="folder of a run")
    add("--user", nargs="+", required=True, metavar="U", help="users by id or number (from 0)")
    add("-o", "--output", help="the file (default: RUN/user-U.html)")

    add = command(explore, "RUN [--user U]", "edit a history in a browser and see what the model makes of it",
                  "  mmsr-lite explore runs/demo --user 12").add_argument
    add("run", help="folder of a run")
    add("--user", default="0", metavar="U", help="user by id or number (0); another can be chosen on the screen")
    add("--port", type=int, default=8866, help="where Voila listens on this machine (8866)")
    add("--browser", action=argparse.BooleanOptionalAction, default=True, help="open a browser")

    add = command(tables, "[STUDY [SOURCE ...]] [options]", "the paper's studies and our own: tables of many runs",
                  "  mmsr-lite tables comparison my-folder --jobs 4 --limit-minutes 10 --page").add_argument
    add("name", nargs="?", metavar="STUDY", help="comparison, aggregators, ablation, fusion_order, missing, codebook, "
        "released, controls, gates, departures, open_choices, several with commas between, or all")
    add("source", nargs="*", metavar="SOURCE", help="as for train (default: the three wardrobe worlds)")
    read(add)
    add("--only", nargs="+", metavar="MODEL", help="systems of these models alone, for now")
    add("--seeds", type=int, default=5, metavar="INT", help="runs of each system (5)")
    add("--trials", type=int, default=16, metavar="INT", help="trials that choose the settings of each system (16)")
    add("--device", default="auto", help="auto, cpu or cuda (auto)")
    add("--jobs", type=int, default=1, metavar="INT", help="processes side by side (1)")
    add("--out", default="assets/results", help="folder of the tables (assets/results)")
    add("--limit-minutes", type=float, default=float("inf"), metavar="M", help="begin nothing that would end later")
    add("--set", nargs="+", default=[], metavar="NAME=VALUE", help="settings of all systems; lr, dropout, ...: lists")
    add("--dry-run", action="store_true", help="count runs and estimate seconds")
    add("--recompute", action="store_true", help="compute every test of OUT again from the ranks that are kept there")
    add("--page", action="store_true", help="write OUT/README.md from all tables")
    # fmt: on

    add_commands(command, read)
    command(doctor, "", "what is installed, what is wrong, and the fix", "  mmsr-lite doctor")
    return top


EXAMPLES = """examples:
  mmsr-lite demo                                        a small world, a trained HAN-GNN, a report to look into
  mmsr-lite train my-folder --modalities title photo    your own data
  mmsr-lite explain runs/my-folder --user 12            one user's graph, gates and attention in one HTML file

exit codes: 0 done, 1 a mistake told in one sentence (MMSR_DEBUG=1 shows where), 2 wrong usage, 130 stopped by Ctrl-C"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    args = parser().parse_args(argv)
    if args.command == "train" and args.out is None:
        args.out = str(Path("runs", Path(args.source).name.replace(":", "-")))
    warnings.showwarning = lambda message, *_: print(f"note: {message}", file=sys.stderr)
    try:
        code = args.run_command(args) or 0
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        kept = getattr(args, "out", None) and Path(args.out, "state", "checkpoint.json").is_file()
        again = shlex.join(["mmsr-lite", *(word for word in argv if word != "--resume"), "--resume"])
        told = f"; the checkpoint is kept in {args.out}, resume with: {again}" if kept else ""
        if args.command in ("download", "prepare"):
            told = "; what was read, encoded or fetched is kept: the same command goes on there"
        print(f"\nstopped{told}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # `mmsr-lite ... | head`: who was reading has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TOLD
    except (MMSRError, OSError, ModuleNotFoundError) as error:
        if os.environ.get("MMSR_DEBUG") == "1":
            raise
        missing = isinstance(error, ModuleNotFoundError) and "; `mmsr-lite doctor` names the fix"
        print(f"mmsr-lite: {error}{missing or ''}", file=sys.stderr)
        return TOLD


if __name__ == "__main__":
    sys.exit(main())
