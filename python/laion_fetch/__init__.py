"""laion-fetch from Python: turns an index of image URLs into a dataset for training. See docs/python.md."""

from ._api import Download, plan, start, verify
from ._download import download
from ._errors import (
    BusyError,
    CommandNotFoundError,
    IncompleteError,
    InputError,
    InterruptedRunError,
    LaionFetchError,
    MachineError,
    OutputError,
    ProgramError,
    UsageError,
)
from ._results import Plan, Progress, Summary, Verification
from ._version import __version__

__all__ = [
    "BusyError",
    "CommandNotFoundError",
    "Download",
    "IncompleteError",
    "InputError",
    "InterruptedRunError",
    "LaionFetchError",
    "MachineError",
    "OutputError",
    "Plan",
    "Progress",
    "ProgramError",
    "Summary",
    "UsageError",
    "Verification",
    "__version__",
    "download",
    "plan",
    "start",
    "verify",
]
