"""The command line `mmsr-lite`: parses the words that were typed, runs one command, explains mistakes in one sentence.

Each command is a file in `mmsr_lite.commands`.
"""

import argparse
import io
import os
import sys
import warnings
from collections.abc import Sequence

from mmsr_lite import __version__
from mmsr_lite.commands import COMMANDS
from mmsr_lite.commands.command import MISTAKE, STOPPED
from mmsr_lite.errors import MMSRError

EXAMPLES = """examples:
  mmsr-lite demo                                        a small world, a trained HAN-GNN, a report to look into
  mmsr-lite train my-folder --modalities title photo    your own data
  mmsr-lite explain runs/my-folder --user 12            one user's graph, gates and attention in one HTML file

exit codes:
  0 done, 1 a mistake, explained in one sentence (MMSR_DEBUG=1 shows where), 2 wrong usage, 130 stopped by Ctrl-C"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after `mmsr-lite`; None: those that this process was started with.

    Returns:
        The exit code: 0 done, 1 a mistake, 130 stopped by Ctrl-C.

    Raises:
        SystemExit: With code 2 after wrong usage, with 0 after `--help` and `--version`.

    Example:
        >>> main(["demo", "--sizes"])  # no such option
        Traceback (most recent call last):
        SystemExit: 2
    """
    words = list(sys.argv[1:] if argv is None else argv)
    print_what_the_console_lacks_as_question_marks()
    warnings.showwarning = print_note
    args = None
    try:
        args = parser_for(words).parse_args(words)
        code = COMMANDS[args.command].run(args)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        kept = "" if args is None else COMMANDS[args.command].when_stopped(args, words)
        print(f"\nstopped{kept}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the program after a pipe, such as `head`, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return MISTAKE
    except (MMSRError, OSError, ModuleNotFoundError, MemoryError) as error:
        if os.environ.get("MMSR_DEBUG") == "1":
            raise
        print(f"mmsr-lite: {sentence_of(error)}", file=sys.stderr)
        return MISTAKE


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """Make the parser; only the command that was typed gets its options, because some take long to make.

    Args:
        words: The words that will be parsed.

    Returns:
        A parser; its result has the name of the command as `command`.

    Example:
        >>> words = ["describe", "wardrobe"]
        >>> parsed = parser_for(words).parse_args(words)
        >>> parsed.command, parsed.source
        ('describe', 'wardrobe')
    """
    parser = argparse.ArgumentParser(
        "mmsr-lite",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EXAMPLES,
        description="Train HAN-GNN (MMSR), then look into it.",
    )
    parser.add_argument("--version", action="version", version=f"mmsr-lite {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    typed = next((word for word in words if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=command.summary,
            description=command.summary,
            epilog="\n".join(["examples:", *(f"  {example}" for example in command.examples)]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.usage = f"mmsr-lite {name} {command.usage}".rstrip()
        if name == typed:
            command.add_options(one)
    return parser


def sentence_of(error: Exception) -> str:
    """Say an error in the sentence that the command line prints.

    Args:
        error: any error.

    Returns:
        The sentence.

    Example:
        >>> sentence_of(MemoryError())
        'there is too little memory: no more could be had; take less data, or another machine'
    """
    if isinstance(error, MemoryError):
        return f"there is too little memory: {str(error) or 'no more could be had'}; take less data, or another machine"
    if isinstance(error, ModuleNotFoundError):
        return f"{error}; `mmsr-lite doctor` names the fix"
    return str(error)


def print_note(message: Warning | str, *place: object, **more: object) -> None:
    """Print a warning as one line, without the place in the code that it comes from.

    Args:
        message: the warning.
        place: the second argument of Python's `warnings.showwarning`, which is not printed.
        more: further arguments of it, which are not printed.

    Example:
        >>> import contextlib
        >>> with contextlib.redirect_stderr(sys.stdout): print_note("two rows are left out", UserWarning, "a.py", 7)
        note: two rows are left out
    """
    print(f"note: {message}", file=sys.stderr)


def print_what_the_console_lacks_as_question_marks() -> None:
    r"""Let a console print a question mark, in place of an error, for a letter that its character set lacks.

    Example:
        >>> from contextlib import redirect_stdout
        >>> console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        >>> with redirect_stdout(console):
        ...     print_what_the_console_lacks_as_question_marks()
        ...     print("caf\u00e9", flush=True)
        >>> console.buffer.getvalue().strip()
        b'caf?'
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
