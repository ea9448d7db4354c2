"""A process for untrusted code: temporary home and working folder, no network, limits.

Where Linux gives namespaces without root rights (`unshare`), the process has a root folder of its own with Python, this
package, both read-only, and an empty folder; its network has no device. Elsewhere Python itself refuses sockets, other
processes and files outside, which stops accidents but no determined attacker.
"""

import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory

from mmsr_lite.course.stored import PACKAGE

ISOLATED = (
    "Each notebook runs in a process of its own, in new namespaces of Linux: without network, with a throw-away home "
    "and working folder, and of the files of this machine it sees Python and mmsr_lite alone."
)
REFUSED = (
    "Each notebook runs in a process of its own with a throw-away home and working folder. This machine gives no "
    "namespaces (unshare), so network, other programs and files outside are refused by Python itself: that stops "
    "accidents, not a determined stranger. Mark notebooks of people you do not know on a machine that holds nothing."
)
# $1: the new root; then visible places, up to --; then the program
SCRIPT = """set -e
root=$1; shift
mount -t tmpfs -o size=1g,mode=755 tmpfs "$root"
while [ "$1" != -- ]; do
  if [ -L "$1" ]; then
    mkdir -p "$root$(dirname "$1")"; cp -P "$1" "$root$1"
  else
    if [ -d "$1" ]; then mkdir -p "$root$1"; else mkdir -p "$root$(dirname "$1")"; : > "$root$1"; fi
    mount --bind "$1" "$root$1"
    mount -o remount,bind,ro "$root$1"
  fi
  shift
done
shift
mkdir -p "$root/work" "$root/tmp" "$root/proc" "$root/dev" "$root/old"
mount -t proc proc "$root/proc"
for device in null zero urandom random; do
  : > "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"
done
pivot_root "$root" "$root/old"
cd /work
umount -l /old
exec "$@"
"""
NAMESPACES = ("unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")


def readable_places() -> list[str]:
    """List the folders and files of this machine that Python and the package need.

    Returns:
        Their paths.

    Example:
        >>> any(str(PACKAGE).startswith(place) for place in readable_places())
        True
    """
    project = [PACKAGE.parent / one for one in ("assets/results", "benchmarks/results")]  # of a clone
    python = [sys.prefix, sys.base_prefix, *site.getsitepackages()]
    places = [*SYSTEM, *python, str(PACKAGE), *map(str, project)]
    seen: list[str] = []
    for place in places:
        if os.path.lexists(place) and not any(place == one or place.startswith(one + os.sep) for one in seen):
            seen.append(place)
    return seen


@cache
def isolates() -> bool:
    """Whether this machine gives a process namespaces of its own; it is tried once.

    Returns:
        True where it does.
    """
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        return False
    with TemporaryDirectory() as root:
        tried = subprocess.run(in_namespaces(root, ["true"]), capture_output=True, timeout=60, check=False)
    return tried.returncode == 0


def in_namespaces(root: str, program: list[str]) -> list[str]:
    """Make the command line that runs a program in a root folder of its own, without network.

    Args:
        root: An empty folder; nothing is written there.
        program: What to run.

    Returns:
        The words of the command line.

    Example:
        >>> in_namespaces("an-empty-folder", ["python", "play.py"])[-3:]
        ['--', 'python', 'play.py']
    """
    return [*NAMESPACES, "sh", "-c", SCRIPT, "sh", root, *readable_places(), "--", *program]


@contextmanager
def sandbox(isolated: bool) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process that runs one notebook; the end of the block kills it with all that it started.

    Args:
        isolated: True: in namespaces of its own; False: Python alone refuses what it can.

    Yields:
        The process, with pipes to its input and from its output.
    """
    with TemporaryDirectory(prefix="mmsr-collect-") as folder:
        home = "/work" if isolated else folder
        program = [sys.executable, "-m", "mmsr_lite.course.play"]
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "TMPDIR": home,
            "MMSR_CACHE": str(Path(home, "cache")),
            "PYTHONPATH": str(PACKAGE.parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLBACKEND": "agg",
            "OMP_NUM_THREADS": "1",
            "LANG": "C.UTF-8",
        }
        process = subprocess.Popen(
            in_namespaces(folder, program) if isolated else program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
