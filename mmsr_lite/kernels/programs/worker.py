"""Compile kernels in a process of its own: `python -m mmsr_lite.kernels.programs.worker`.

Each line of standard input is a `Job`. Each line of standard output says how many seconds it took, or what went wrong.
The compiled kernels are in Triton's cache on disk, where the training process finds them.
"""

import json
import os
import sys
import time
from typing import Any

from mmsr_lite.kernels.programs.job import Job


def make_launcher(kernel: Any, backend: str) -> None:
    """Compile what Triton needs to launch a kernel: a small C library for its signature, and one for the driver.

    Args:
        kernel: a kernel that Triton has compiled.
        backend: the backend of the GPU; only "cuda" needs these libraries.

    Example:
        >>> make_launcher(None, "hip")  # only CUDA has something to compile
    """
    if backend != "cuda":
        return
    try:
        from triton.backends.nvidia.driver import CudaLauncher, CudaUtils
    except ImportError:  # another version of Triton: it compiles them at the first launch
        return
    CudaUtils()
    CudaLauncher(kernel.src, kernel.metadata)


def main() -> None:
    """Compile job after job until standard input ends.

    Example:
        >>> import subprocess
        >>> words = [sys.executable, "-m", "mmsr_lite.kernels.programs.worker"]
        >>> subprocess.run(words, input="", text=True).returncode  # no job on standard input: it ends at once
        0
    """
    os.nice(5)  # the training comes first
    for line in sys.stdin:
        began = time.perf_counter()
        job = Job.from_json(line)
        try:
            kernel = job.compile()
            compiled = time.perf_counter()
            make_launcher(kernel, job.target[0])
            answer: dict[str, float | str] = {
                "seconds": compiled - began,
                "launcher_seconds": time.perf_counter() - compiled,
            }
        except Exception as error:  # Triton and the C compiler raise errors of their own; the training goes on plainly
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
