"""A part of a distributed download, run on a machine of the cluster."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

from ._errors import CommandNotFoundError
from ._find import find_command

#: prctl(2): the signal that a process gets when its parent ends.
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Part:
    """What a machine needs to know. Everything in it can be sent to another process."""

    index: int
    #: The command line, with this part.
    words: List[str]
    #: The variables of the driver that are options of the command.
    env: Dict[str, str]
    #: The working directory of the driver, for relative paths.
    folder: str


@dataclass(frozen=True)
class Outcome:
    """How a part ended. Mistakes are values, since an exception would make the cluster try again."""

    index: int
    #: The exit code of the command; negative if a signal killed it.
    exit_code: int
    host: str
    message: str = ""
    rows: int = 0
    successes: int = 0


def run_part(part: Part) -> Outcome:
    """Runs the command until it ends. The command ends with this process and with its parent, however they end."""
    host = socket.gethostname()
    try:
        command = find_command()
    except CommandNotFoundError as error:
        return Outcome(part.index, error.exit_code, host, str(error))
    process = subprocess.Popen(
        [*command, *part.words, f"--end-with={','.join(map(str, _launchers()))}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **part.env},
        cwd=part.folder if os.path.isdir(part.folder) else None,
        preexec_fn=_end_with_parent(),
    )
    output, log = process.communicate()
    # The log of the machine that did the work has everything; the driver says one line.
    sys.stderr.write(log.decode("utf-8", "replace"))
    return _outcome(part.index, process.returncode, host, output, log)


def _outcome(index: int, exit_code: int, host: str, output: bytes, log: bytes) -> Outcome:
    document = _parse(output)
    error = document.get("error")
    said = log.decode("utf-8", "replace").strip().splitlines()[-1:]
    message = "" if exit_code == 0 else str(error["message"]) if isinstance(error, dict) else "".join(said)
    return Outcome(index, exit_code, host, message, int(document.get("rows", 0)), int(document.get("successes", 0)))


def _parse(output: bytes) -> Dict[str, Any]:
    try:
        value: object = json.loads(output)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _launchers() -> List[int]:
    """This process and its parent: a worker of Ray outlives the raylet of a lost node while its task runs."""
    parent = os.getppid()
    # Outside of this container, it has no number here.
    return [os.getpid(), *([parent] if parent > 0 else [])]


def _end_with_parent() -> Optional[Callable[[], None]]:
    """For the child, before it becomes the command: Linux kills it when this process ends, even if it hangs."""
    if sys.platform != "linux":
        return None
    # Loaded here: between fork and exec, only what cannot wait for another thread may happen.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL) and None
