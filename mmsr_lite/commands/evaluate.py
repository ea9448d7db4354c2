"""`mmsr-lite evaluate`: rank the test targets of a run again."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mmsr_lite.commands.command import DONE, Command, add_device
from mmsr_lite.commands.runs import SHOWN, print_metrics

if TYPE_CHECKING:
    from mmsr_lite.training.runs import Run


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `evaluate`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["runs/demo", "--candidates", "100"])
        >>> args.run, args.candidates, args.device
        ('runs/demo', 100, 'auto')
    """
    parser.add_argument("run", help="folder of a run")
    parser.add_argument(
        "--candidates",
        type=int,
        metavar="N",
        help="also rank each target among N items drawn at random, as some papers do; a note says why not to trust it",
    )
    add_device(parser)


def run(args: argparse.Namespace) -> int:
    """Rank the test targets again, write metrics.json and the model card.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["no-such-run"]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-run' holds no run; ...
    """
    from mmsr_lite.data.storage import write_json
    from mmsr_lite.training.fit import open_run, writing
    from mmsr_lite.training.memory import enough_memory
    from mmsr_lite.training.model_card import write_model_card

    opened = open_run(args.run, args.device)
    with writing(args.run), enough_memory(opened.config):
        metrics = opened.evaluate(progress=True)
        write_json(Path(args.run, "metrics.json"), metrics, indent=1)
        if opened.history is not None:
            write_model_card(opened, args.run)
    print_metrics(metrics)
    if args.candidates is not None:
        _print_sampled(opened, args.candidates)
    return DONE


def _print_sampled(opened: "Run", candidates: int) -> None:
    """Print metrics among sampled candidates; they are not kept, so no table mixes them with full rankings."""
    from mmsr_lite.evaluation.ranks import evaluate

    sampled = evaluate(opened.model, opened.whole_split.test, candidates=candidates)
    print(f"among {candidates} sampled candidates, percent; not kept")
    print(f"  {opened.model.label:<42}", *(f"{name} {sampled[f'sampled {name}']:.2f} " for name in SHOWN))


COMMAND = Command(
    summary="rank the test targets of a run again",
    usage="RUN [--candidates N] [--device DEVICE]",
    examples=("mmsr-lite evaluate runs/demo",),
    add_options=add_options,
    run=run,
)
