"""One exception for each exit code of the command."""

from __future__ import annotations

from typing import Any, Dict, Optional, Type


class LaionFetchError(Exception):
    """The command did not do everything it should. The message says why and what to do."""

    def __init__(self, message: str, exit_code: int, document: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(message, exit_code, document)
        self.message = message
        #: The exit code of the command; negative if a signal killed it.
        self.exit_code = exit_code
        #: What the command printed as JSON, such as the summary of a run that missed `fail_under`.
        self.document = document

    def __str__(self) -> str:
        return self.message


class ProgramError(LaionFetchError):
    """Exit code 1: a bug of the program."""


class UsageError(LaionFetchError, ValueError):
    """Exit code 2: an argument is wrong, or arguments contradict each other."""


class InputError(LaionFetchError):
    """Exit code 3: the index cannot be read, or has no rows."""


class OutputError(LaionFetchError):
    """Exit code 4: the output cannot be written."""


class IncompleteError(LaionFetchError):
    """Exit code 5: the success ratio is below `fail_under`, or `verify` has findings."""


class MachineError(LaionFetchError):
    """Exit code 6: the network, the name server or the memory of this machine cannot do the work."""


class BusyError(LaionFetchError):
    """Exit code 7: another run is writing to the output."""


class InterruptedRunError(LaionFetchError):
    """Exit codes 130 and 143: the run was stopped; the same call resumes it."""


class CommandNotFoundError(LaionFetchError, FileNotFoundError):
    """There is no command or no Node to run it; `exit_code` is 127, as in a shell."""

    def __init__(self, message: str) -> None:
        LaionFetchError.__init__(self, message, 127)

    def __reduce__(self) -> Any:
        return CommandNotFoundError, (self.message,)


BY_EXIT_CODE: Dict[int, Type[LaionFetchError]] = {
    1: ProgramError,
    2: UsageError,
    3: InputError,
    4: OutputError,
    5: IncompleteError,
    6: MachineError,
    7: BusyError,
    130: InterruptedRunError,
    143: InterruptedRunError,
}
