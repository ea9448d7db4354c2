"""A process for untrusted code: temporary home and working folder, no network, limits.

Where Linux gives namespaces without root (`unshare`), the process has a root folder of its own: it sees Python, this
package and an empty folder, all but the last read-only, and a network that ends at its own loopback device. Before the
first cell it gives up every privilege of root that it has in there, so that it cannot undo this. Elsewhere sockets,
other processes and files outside are refused by Python itself, which stops accidents but no determined attacker.
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
# Processes that torchrun starts in notebook 14 find each other at localhost; 0x8914 sets the flags "up" and "running".
LOOPBACK = """import fcntl, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1 | 64))
"""
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
mkdir -p "$root/work" "$root/tmp" "$root/proc" "$root/dev" "$root/old" "$root/etc"
echo "127.0.0.1 localhost $(hostname)" > "$root/etc/hosts"
mount -t proc -o ro,nosuid,nodev,noexec proc "$root/proc"
for device in null zero urandom random; do
  : > "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"
done
pivot_root "$root" "$root/old"
cd /work
umount -l /old
"$1" -c "$LOOPBACK"
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
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

    Example:
        >>> isolates() <= sys.platform.startswith("linux")  # only Linux has namespaces
        True
    """
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        return False
    with TemporaryDirectory() as root:
        tried = subprocess.run(in_namespaces(root, ["true"]), capture_output=True, timeout=60, check=False)
    return tried.returncode == 0


def used_by(pid: int) -> tuple[int, int]:
    """What a process and all that it started use.

    Args:
        pid: The process.

    Returns:
        The number of processes, and their memory in bytes, files of the disk left out. (0, 0) where the system has no
        /proc, as on macOS.

    Example:
        >>> processes, memory = used_by(os.getpid())
    """
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:  # the name of a program may hold blanks and brackets
            parent = int((place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):  # it has just ended
            continue
        children.setdefault(parent, []).append(int(place.name))
    found, waiting = [], [pid] if os.path.exists(f"/proc/{pid}") else []
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return len(found), sum(map(_memory_of, found))


def _memory_of(pid: int) -> int:
    """The memory of one process in bytes, its share of what it has in common with others; 0 when it has ended."""
    try:
        rows = [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]]
    except OSError:
        return 0
    return 1024 * sum(int(row[1]) for row in rows if row[0] in ("Pss_Anon:", "Pss_Shmem:"))


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
            "LOOPBACK": LOOPBACK,
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
