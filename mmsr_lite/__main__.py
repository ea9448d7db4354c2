"""`python -m mmsr_lite`, and `torchrun -m mmsr_lite`: the command line."""

import sys

from mmsr_lite.cli import main

sys.exit(main())
