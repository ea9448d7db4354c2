"""The commands of `mmsr-lite`, one in each file; `COMMANDS` lists them, `mmsr_lite.cli` runs them.

A new command is a file with a `COMMAND` and a line here.
"""

from mmsr_lite.commands import (
    collect,
    demo,
    describe,
    doctor,
    download,
    evaluate,
    explain,
    explore,
    fusion,
    leaks,
    notebooks,
    page,
    prepare,
    recommend,
    stability,
    tables,
    train,
)

COMMANDS = {
    "demo": demo.COMMAND,
    "train": train.COMMAND,
    "evaluate": evaluate.COMMAND,
    "explain": explain.COMMAND,
    "recommend": recommend.COMMAND,
    "stability": stability.COMMAND,
    "explore": explore.COMMAND,
    "page": page.COMMAND,
    "tables": tables.COMMAND,
    "download": download.COMMAND,
    "prepare": prepare.COMMAND,
    "describe": describe.COMMAND,
    "leaks": leaks.COMMAND,
    "fusion": fusion.COMMAND,
    "notebooks": notebooks.COMMAND,
    "collect": collect.COMMAND,
    "doctor": doctor.COMMAND,
}
