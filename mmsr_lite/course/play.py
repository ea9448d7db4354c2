"""Run a learner's notebook in this process and send its answers away: `python -m mmsr_lite.course.play`.

`course/sandbox.py` starts this process for one notebook. Nothing is judged here: whatever `check` is bound to, each
`check("02.1", answer)` of the notebook sends the answer to the process that marks, and shows the verdict that comes
back.
"""

import ast
import os
import resource
import sys
from pathlib import Path
from typing import Any

ASKED = "__answer_of_the_learner__"
SOCKETS = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
PROCESSES = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty"}
FILES = {"open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chdir"}
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class ChecksSendAnswers(ast.NodeTransformer):
    """Turn each call of `check` with the number of an exercise into a call that sends the answer.

    Example:
        >>> changed = ChecksSendAnswers().visit(ast.parse('check("02.1", 3)'))
        >>> ast.unparse(changed) == f"{ASKED}('02.1', 3)"
        True
    """

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Replace the name that is called and keep the arguments.

        Args:
            node: the call.

        Returns:
            The new call, or the same one.
        """
        self.generic_visit(node)
        name = getattr(node.func, "id", getattr(node.func, "attr", None))
        if name == "check" and node.args and isinstance(getattr(node.args[0], "value", None), str):
            node.func = ast.copy_location(ast.Name(ASKED, ast.Load()), node.func)
        return node


def limit(seconds: int, gigabytes: float, processes: int | None) -> None:
    """Take from this process, for good, what it may not use: processor time, memory, large files, other processes.

    Args:
        seconds: of the processor.
        gigabytes: of memory.
        processes: how many it may start, threads included; None: no limit. Linux does not hold root to it, so the
            process that marks counts as well.

    Example:
        >>> import subprocess
        >>> code = "import mmsr_lite.course.play as play; play.limit(7, 4.0, None)"
        >>> code += "; print(play.resource.getrlimit(play.resource.RLIMIT_CPU))"  # in a process of its own
        >>> print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        (7, 7)
    """
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_DATA: int(gigabytes * 1e9),
        resource.RLIMIT_FSIZE: 500_000_000,
        resource.RLIMIT_CORE: 0,
    }
    if processes is not None:
        limits[resource.RLIMIT_NPROC] = processes
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))


def refuse_in_python(readable: list[str], writable: str) -> None:
    """Refuse network, other processes and files outside, as far as they are requested through Python.

    Args:
        readable: files and folders that may be read.
        writable: the folder that may be written to.

    Example:
        >>> import subprocess
        >>> code = "import mmsr_lite.course.play as play; play.refuse_in_python([], '.'); open('/etc/hosts')"
        >>> print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr)
        Traceback ...
        PermissionError: '/etc/hosts' is outside; it is refused while notebooks are marked
    """
    inside = os.path.realpath(writable)
    allowed = (inside, *map(os.path.realpath, readable), "/dev/null", "/dev/urandom", "/proc/self", "/proc/cpuinfo")

    def within(path: str, places: tuple[str, ...]) -> bool:
        return any(path == place or path.startswith(place + os.sep) for place in places)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in SOCKETS or event in PROCESSES:
            raise PermissionError(f"{event} is refused while notebooks are marked")
        if event in FILES and arguments and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            writes = event in CHANGES or (event == "open" and bool((arguments[2] or 0) & WRITES))
            if not within(path, ((inside, "/dev/null") if writes else allowed)):
                raise PermissionError(f"{path!r} is outside; it is refused while notebooks are marked")

    sys.addaudithook(refuse)


def main() -> None:
    """Receive the cells, run them in order, send each answer."""
    from mmsr_lite.course.wire import Line

    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # nobody reads what a notebook prints
        os.dup2(nowhere, stream)
    line = Line(incoming.readline, outgoing.write)
    task = line.receive()

    from IPython.core.interactiveshell import InteractiveShell

    from mmsr_lite.course.check import Verdict

    line.send(ready=True)
    shell = InteractiveShell.instance()
    shell.ast_transformers.append(ChecksSendAnswers())

    def answer_of_the_learner(exercise: str, answer: Any = ...) -> Verdict:
        line.send(exercise=str(exercise), answer=line.encode(answer))
        verdict = line.receive()
        return Verdict(str(exercise), verdict["right"], verdict["message"])

    shell.user_ns[ASKED] = answer_of_the_learner
    # in namespaces of its own it is alone with what it starts; elsewhere the limit would count all of this user
    processes = None if task["refuse_in_python"] else task["processes"]
    limit(task["seconds"] + 60, task["gigabytes"], processes)  # the clock of the process that marks stops it first
    if task["refuse_in_python"]:
        refuse_in_python(task["readable"], str(Path.cwd()))
    for number, cell in enumerate(task["cells"]):
        line.send(cell=number)
        ran = shell.run_cell(cell, store_history=False)
        error = ran.error_before_exec or ran.error_in_exec
        if error is not None:
            line.send(stopped=f"{type(error).__name__}: {str(error)[:300]}")
    line.send(done=True)


if __name__ == "__main__":
    main()
