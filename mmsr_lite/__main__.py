"""`python -m mmsr_lite`, and `torchrun -m mmsr_lite`: the command line."""

import os
import sys

from mmsr_lite.cli import main

if int(os.environ.get("RANK", 0)) > 0:  # only the first of several processes prints; each reports its mistakes
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
sys.exit(main())
