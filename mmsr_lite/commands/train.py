"""`mmsr-lite train`: train on a source and write a run; each field of the configs is an option."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmsr_lite.commands.command import (
    DONE,
    Command,
    Typed,
    add_setting_options,
    add_source_options,
    typed_settings,
    with_option,
)
from mmsr_lite.commands.runs import checkpoint_kept, default_folder, print_metrics
from mmsr_lite.commands.typed_words import encoders_of
from mmsr_lite.errors import MMSRError, SettingError

if TYPE_CHECKING:
    from mmsr_lite.data.dataset import Dataset
    from mmsr_lite.training.run_config import RunConfig

# Fields of RunConfig that stand in a group of their own; those that `add_source_options` has, or that hold a config,
# are no options here; all others stand with the training.
GROUPS = {
    "codes": ("codes", "codes_per_item", "reduction", "distance"),
    "order and split of the interactions": ("ties", "tie_seed", "split"),
    "damage done to the data on purpose": ("corruption", "corrupted", "rate"),
}
MODEL = "model (the settings of MMSR; other models have some of them, and others that --set reaches)"
ELSEWHERE = {"source", "modalities", "encoders", "min_count", "model", "settings", "train"}


def option_groups() -> list[tuple[str, type, list[str]]]:
    """List the groups of options: title, config, and names of its fields.

    Returns:
        One tuple for each group.

    Example:
        >>> title, config, names = option_groups()[-2]
        >>> title, config.__name__, names[:3]
        ('training', 'TrainConfig', ['epochs', 'batch', 'lr'])
    """
    from mmsr_lite.models.mmsr import MMSRConfig
    from mmsr_lite.nn.departures import Departures
    from mmsr_lite.training.loop import TrainConfig
    from mmsr_lite.training.run_config import RunConfig

    departures = [one.name for one in fields(Departures)]
    grouped = {name for names in GROUPS.values() for name in names}
    rest = [one.name for one in fields(RunConfig) if one.name not in grouped | ELSEWHERE]
    return [
        *((title, RunConfig, list(names)) for title, names in GROUPS.items()),
        (MODEL, RunConfig, ["model"]),
        (MODEL, MMSRConfig, [one.name for one in fields(MMSRConfig) if one.name not in departures]),
        ("departures from the paper", MMSRConfig, departures),
        ("training", TrainConfig, [one.name for one in fields(TrainConfig)]),
        ("training", RunConfig, rest),
    ]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train`.

    Args:
        parser: the parser of the command.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> args = parser.parse_args(["beauty", "--layers", "2", "--set", "heads=4"])
        >>> args.layers, args.set
        (2, ['heads=4'])
        >>> hasattr(args, "dim")  # an option that was not typed is absent
        False
    """
    parser.add_argument("source", help="wardrobe, wardrobe:WORLD, a prepared folder, or whatever prepare takes")
    parser.add_argument("--out", metavar="DIR", help="folder of the run (default: runs/SOURCE)")
    parser.add_argument(
        "--resume", action="store_true", help="go on from the last whole epoch of the run in the folder of --out"
    )
    add_source_options(parser.add_argument_group("data"))
    groups: dict[str, Any] = {}
    for title, config, names in option_groups():
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        add_setting_options(groups[title], config, names)
    groups[MODEL].add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="any setting by its name, also those that only another model has: --model sasrec --set heads=4",
    )


def run(args: argparse.Namespace) -> int:
    """Train on a source, compare with counting, write the run.

    Args:
        args: what was typed, by the names of the options.

    Returns:
        The exit code: 0 where it is done.

    Raises:
        MMSRError: what was typed is not possible; the message says why.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "config.json").write_text("{}", encoding="utf-8")  # as a run has it
        >>> parser = argparse.ArgumentParser()
        >>> add_options(parser)
        >>> run(parser.parse_args(["wardrobe:cycle", "--out", str(folder)]))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ... holds a run already; go on with --resume, or name another folder with --out
    """
    from mmsr_lite.data_card import quiet_reading
    from mmsr_lite.training.fit import fit
    from mmsr_lite.training.run_config import RunConfig

    args.out = args.out or default_folder(args.source)
    if Path(args.out, "config.json").is_file() and not args.resume:
        raise MMSRError(f"{args.out!r} holds a run already; go on with --resume, or name another folder with --out")
    names = [name for _, _, names in option_groups() for name in names]
    typed = typed_settings(args, names)
    modalities = None if args.modalities is None else tuple(args.modalities)
    try:
        config = RunConfig(args.source, modalities, encoders_of(args.encoder), args.min_count)
        typed = other_than_default(config.with_settings(**chosen_model(typed)), typed, names)
        config = config.with_settings(**{name: one.value for name, one in typed.items()})
    except SettingError as error:
        raise with_option(error, typed) from error
    with quiet_reading():  # the account says the same
        trained = fit(config, args.out, resume=args.resume, when_loaded=print_account)
    print_metrics(trained.measured)
    print(f"\nSaved {args.out}. Next: mmsr-lite explain {args.out} --user 0")
    return DONE


def print_account(dataset: Dataset) -> None:
    """Print what was read, skipped, repeated, tied and absent.

    Args:
        dataset: the data set as it was read.

    Example:
        >>> from types import SimpleNamespace
        >>> from mmsr_lite.data.reading import Account
        >>> shop = Account(read={"interactions": 100, "items": 12}, skipped={"no item id": 3})
        >>> print_account(SimpleNamespace(facts={"reading": shop.as_fact()}))
        read      interactions: 100; items: 12
        skipped   no item id: 3
        repeated  none
        tied      not known
        absent    none
    """
    from mmsr_lite.data.reading import Account

    if "reading" in dataset.facts:
        print("\n".join(Account.from_fact(dataset.facts["reading"]).lines()), flush=True)


def chosen_model(typed: dict[str, Typed]) -> dict[str, Any]:
    """Take the setting `model`, where a person typed it.

    Args:
        typed: name of a setting -> what was typed for it.

    Returns:
        Name -> value, or nothing.

    Example:
        >>> typed = {"model": Typed("sasrec", "--model sasrec"), "dim": Typed(64, "--dim 64")}
        >>> chosen_model(typed)
        {'model': 'sasrec'}
    """
    return {name: one.value for name, one in typed.items() if name == "model"}


def other_than_default(config: RunConfig, typed: dict[str, Typed], options: Sequence[str]) -> dict[str, Typed]:
    """Drop options that were typed with their default; so typing a default does not change the id of a run.

    Args:
        config: the run.
        typed: name of a setting -> what was typed for it.
        options: names of settings.

    Returns:
        The settings that are left.

    Example:
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> config = RunConfig("worlds:both-small")
        >>> typed = {"dim": Typed(default_of(config, "dim"), "--dim"), "epochs": Typed(3, "--epochs 3")}
        >>> list(other_than_default(config, typed, ["dim", "epochs"]))
        ['epochs']
    """
    kept = {}
    for name, one in typed.items():
        is_default = name in options and one.value == default_of(config, name)
        if not is_default or one.words.startswith("--set"):
            kept[name] = one
    return kept


def default_of(config: RunConfig, name: str) -> Any:
    """The default of a setting of the run, of its training or of its model.

    Args:
        config: the run.
        name: of the setting.

    Returns:
        The default; None where there is no such setting.

    Example:
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> default_of(RunConfig("worlds:both-small"), "dim")
        128
        >>> default_of(RunConfig("worlds:both-small"), "no such setting") is None
        True
    """
    for part in (config, config.train, config.model_config):
        for one in fields(part):
            if one.name == name:
                return one.default
    return None


COMMAND = Command(
    summary="train on a source and write a run",
    usage="SOURCE [options]",
    examples=(
        "mmsr-lite train wardrobe:cycle --fusion hohe --out runs/late",
        "mmsr-lite train my-folder --modalities title photo --encoder title=sentence photo=colour-edges",
        "mmsr-lite train my-folder --out runs/mine --resume",
    ),
    add_options=add_options,
    run=run,
    when_stopped=checkpoint_kept,
)
