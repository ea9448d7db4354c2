"""Traces for the views come from `fixtures`, beside this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
