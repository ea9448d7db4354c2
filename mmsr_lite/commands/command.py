"""What a command of the command line is, and the options that commands share, those of configs among them."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from types import NoneType
from typing import Any, get_args

from mmsr_lite.commands.typed_words import name_value_pairs, one_or_each, whole_number
from mmsr_lite.config import MOST_SEED, setting_of, types_of
from mmsr_lite.errors import MMSRError, SettingError

DONE, MISTAKE, WRONG_USAGE, STOPPED = 0, 1, 2, 130  # exit codes
METAVARS = {int: "INT", float: "NUMBER", str: "NAME"}  # how help shows the value of an option


def nothing_kept(args: argparse.Namespace, words: Sequence[str]) -> str:
    """The message of a stopped command that keeps nothing of its work: none.

    Args:
        args: what was typed, by the names of the options.
        words: what was typed.

    Returns:
        An empty text.

    Example:
        >>> nothing_kept(argparse.Namespace(), [])
        ''
    """
    return ""


@dataclass(frozen=True)
class Command:
    """One command: what its help says, which options it has, what it does.

    Args:
        summary: One phrase for the list of commands.
        usage: What follows the name of the command in its usage line.
        examples: Whole command lines.
        add_options: Adds the options to a parser.
        run: Does the work; returns the exit code.
        when_stopped: From the parsed options and the words that were typed, says what is kept after Ctrl-C, in words
            that fit after "stopped".

    Example:
        >>> greet = Command("say hello", "", ("mmsr-lite greet",), lambda parser: None, lambda args: DONE)
        >>> greet.run(argparse.Namespace()) == DONE
        True
        >>> greet.when_stopped(argparse.Namespace(), [])
        ''
    """

    summary: str
    usage: str
    examples: tuple[str, ...]
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    when_stopped: Callable[[argparse.Namespace, Sequence[str]], str] = nothing_kept


@dataclass(frozen=True)
class Typed:
    """A setting as a person typed it: its value, and the words that an error message quotes.

    Example:
        >>> Typed(2, "--layers 2").words
        '--layers 2'
    """

    value: Any
    words: str


def add_source_options(parser: Any) -> None:
    """Add the options of every command that reads a source, except the source itself.

    Args:
        parser: the parser of the command, or a group of its options.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_source_options(parser)
        >>> parser.parse_args(["--modalities", "title", "--encoder", "title=sentence"])
        Namespace(modalities=['title'], encoder=['title=sentence'], min_count=None)
        >>> parser.parse_args(["--modalities"]).modalities  # no modality at all
        []
    """
    parser.add_argument(
        "--modalities", nargs="*", metavar="NAME", help="columns of the items (default: all; no name: none)"
    )
    parser.add_argument(
        "--encoder",
        nargs="+",
        default=[],
        metavar="NAME",
        help="one encoder for all (sentence, tfidf-svd, colour-edges, resnet50:FILE, ...), or modality=encoder ...",
    )
    add_min_count(parser)


def add_folder_options(parser: Any) -> None:
    """Add the options that say how the files of a folder are read.

    Args:
        parser: the parser of the command, or a group of its options.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_folder_options(parser)
        >>> args = parser.parse_args(["--columns", "user_id=customer", "item_id=sku"])
        >>> name_value_pairs(args.columns)
        {'user_id': 'customer', 'item_id': 'sku'}
    """
    options = {
        "--columns": ("OURS=THEIRS", "what our columns are called in your files"),
        "--files": ("TABLE=FILE", "interactions=FILE items=FILE, where your files have other names"),
        "--file-format": ("NAME=VALUE", "separator, decimal and encoding of text files, where they cannot be seen"),
    }
    for option, (metavar, help) in options.items():
        parser.add_argument(option, nargs="+", default=[], metavar=metavar, help=help)


def add_min_count(parser: Any) -> None:
    """Add the option `--min-count`.

    Args:
        parser: the parser of the command, or a group of its options.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_min_count(parser)
        >>> parser.parse_args(["--min-count", "3"]).min_count
        3
    """
    help = "k of the k-core (default: 5, or what a prepared folder was made with)"
    parser.add_argument("--min-count", type=whole_number(0), metavar="INT", help=help)


def add_seed(parser: Any, help: str) -> None:
    """Add the option `--seed`.

    Args:
        parser: the parser of the command, or a group of its options.
        help: what the seed decides.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_seed(parser, "seed of the draw")
        >>> parser.parse_args([]).seed, parser.parse_args(["--seed", "7"]).seed
        (0, 7)
    """
    parser.add_argument(
        "--seed", type=whole_number(0, MOST_SEED), default=0, metavar="INT", help=f"{help} (default: 0)"
    )


def add_device(parser: Any) -> None:
    """Add the option `--device`.

    Args:
        parser: the parser of the command, or a group of its options.

    Example:
        >>> parser = argparse.ArgumentParser()
        >>> add_device(parser)
        >>> parser.parse_args([]).device, parser.parse_args(["--device", "cpu"]).device
        ('auto', 'cpu')
    """
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")


def add_setting_options(group: Any, config: type, names: Sequence[str]) -> None:
    """Make an option of each field of a config, with the field's name, type, help and default.

    Options that are not typed are absent from the parsed options.

    Args:
        group: A parser, or a group of its options.
        config: The config.
        names: The fields.

    Example:
        >>> from mmsr_lite.training.loop import TrainConfig
        >>> parser = argparse.ArgumentParser()
        >>> add_setting_options(parser, TrainConfig, ["epochs", "lr"])
        >>> parser.parse_args(["--lr", "0.01"])
        Namespace(lr=0.01)
    """
    by_name = {one.name: one for one in fields(config)}
    for name in names:
        one, kind = by_name[name], _kind_of_option(config, name)
        flag = f"--{name.replace('_', '-')}"
        how: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS, "help": help_of(one)}
        if dict[str, int] in get_args(types_of(config)[name]):
            group.add_argument(flag, nargs="+", metavar="INT", **how)  # `one_or_each` reads the words
        elif kind is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **how)
        else:
            group.add_argument(flag, type=kind, metavar=METAVARS[kind], **how)


def _kind_of_option(config: type, name: str) -> type:
    """The type of the words of an option: that of the field, without None."""
    kind = types_of(config)[name]
    some = [one for one in get_args(kind) if one is not NoneType]
    return some[0] if some else kind


def help_of(one: Field) -> str:
    """Write the help of an option: the field's own, its possible texts, its default.

    Args:
        one: a field of a config.

    Returns:
        The text.

    Example:
        >>> from mmsr_lite.training.loop import TrainConfig
        >>> help_of(TrainConfig.__dataclass_fields__["precision"])
        'precision of matrix products; one of float32, tf32, bf16 (default: float32)'
    """
    about = setting_of(one)
    words = about.help
    choices = about.choices()
    if choices is not None:
        words += f"; one of {', '.join(choices)}"
    if isinstance(one.default, bool):
        words += f" (default: {'yes' if one.default else 'no'})"
    elif one.default is not None and one.default is not MISSING:
        words += f" (default: {one.default})"
    return words.replace("%", "%%")


def typed_settings(args: argparse.Namespace, names: Sequence[str]) -> dict[str, Typed]:
    """Collect the settings that a person typed, as options and after `--set`.

    Args:
        args: The parsed options.
        names: The options that are settings.

    Returns:
        For each setting its value and the words that were typed.

    Raises:
        MMSRError: A word after `--set` is not NAME=VALUE, or a setting was typed twice.

    Example:
        >>> args = argparse.Namespace(layers=2, set=["heads=4"])
        >>> for name, one in typed_settings(args, ["layers", "dim"]).items():
        ...     print(name, one.value, "from", one.words)
        layers 2 from --layers 2
        heads 4 from --set heads=4
        >>> typed_settings(argparse.Namespace(layers=2, set=["layers=3"]), ["layers"])
        Traceback (most recent call last):
            ...
        mmsr_lite.errors.MMSRError: 'layers' is given twice, by --layers 2 and by --set layers=3; give it once
    """
    typed = {}
    for name in names:
        if hasattr(args, name):
            value, flag = getattr(args, name), name.replace("_", "-")
            words = f"--{flag} {value}"
            if isinstance(value, list):
                words = f"--{flag} {' '.join(value)}"
                value = one_or_each(f"--{flag}", value)
            elif isinstance(value, bool):
                words = f"--{flag}" if value else f"--no-{flag}"
            typed[name] = Typed(value, words)
    for name, value in name_value_pairs(args.set, json_values=True).items():
        words = "--set " + next(word for word in args.set if word.partition("=")[0] == name)
        if name in typed:
            raise MMSRError(f"{name!r} is given twice, by {typed[name].words} and by {words}; give it once")
        typed[name] = Typed(value, words)
    return typed


def with_option(error: SettingError, typed: dict[str, Typed]) -> MMSRError:
    """The error with the words that a person typed before it, where the setting was typed.

    Args:
        error: a setting that is not possible.
        typed: name of a setting -> what was typed for it.

    Returns:
        The error.

    Example:
        >>> error = SettingError("dim", "dim is 0; expected a whole number from 1 to 65,536")
        >>> str(with_option(error, {"dim": Typed(0, "--dim 0")}))
        '--dim 0: dim is 0; expected a whole number from 1 to 65,536'
    """
    if error.name not in typed:
        return error
    return MMSRError(f"{typed[error.name].words}: {error}")
