"""`mmsr-lite evaluate`: rank the test targets of a run again."""

import argparse
from pathlib import Path

from mmsr_lite.commands.command import DONE, Command, add_device
from mmsr_lite.commands.runs import print_metrics


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    parser.add_argument("run", help="folder of a run")
    add_device(parser)


def run(args: argparse.Namespace) -> int:
    """Rank the test targets again, write metrics.json and the model card."""
    from mmsr_lite.data.storage import write_json
    from mmsr_lite.training.fit import open_run
    from mmsr_lite.training.model_card import write_model_card

    opened = open_run(args.run, args.device)
    metrics = opened.evaluate(progress=True)
    write_json(Path(args.run, "metrics.json"), metrics, indent=1)
    if opened.history is not None:
        write_model_card(opened, args.run)
    print_metrics(metrics)
    return DONE


COMMAND = Command(
    summary="rank the test targets of a run again",
    usage="RUN [--device DEVICE]",
    examples=("mmsr-lite evaluate runs/demo",),
    add_options=add_options,
    run=run,
)
