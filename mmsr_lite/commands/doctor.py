"""`mmsr-lite doctor`: what is installed, what is wrong, and the fix."""

import argparse

from mmsr_lite.commands.command import Command
from mmsr_lite.doctor import doctor


def add_options(parser: argparse.ArgumentParser) -> None:
    """`doctor` has no options."""


def run(args: argparse.Namespace) -> int:
    """Look at the installation; returns 1 when something required is wrong, else 0."""
    return doctor()


COMMAND = Command(
    summary="what is installed, what is wrong, and the fix",
    usage="",
    examples=("mmsr-lite doctor",),
    add_options=add_options,
    run=run,
)
