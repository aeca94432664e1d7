"""`python -m laion_fetch` is the command."""

import os
import sys

from ._errors import CommandNotFoundError
from ._find import find_command

try:
    command = find_command()
except CommandNotFoundError as error:
    print(f"laion-fetch: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
os.execv(command[0], [*command, *sys.argv[1:]])
