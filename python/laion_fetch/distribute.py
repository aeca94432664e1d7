"""`python -m laion_fetch.distribute <job as JSON>` is what `laion-fetch --distributor pyspark` and `ray` start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Dict, List, NoReturn

from ._cluster import ClusterOptions
from ._distribute import RESUME, Distribution, PartsProgress, distribute
from ._errors import LaionFetchError
from ._find import find_command

POLL_SECONDS = 0.2
CLOSE_SECONDS = 10.0


def main(job: Dict[str, Any]) -> int:
    """Returns the exit code of the command."""
    _end_with_launcher()
    signal.signal(signal.SIGTERM, _terminate)
    words: List[str] = job["words"]
    options = ClusterOptions(job["distributor"], job["master"], job["address"], job["decoders"])
    distribution = Distribution(options, job["shards_of_part"], job["at_once"], job["incremental_mode"])
    try:
        distribute(distribution, words, _printer(job["progress"]))
        # Finds nothing to do, and judges the whole dataset.
        own = ["--progress=none", f"--end-with={os.getpid()}", *(["--json"] if job["json"] else [])]
        quiet = ["--quiet"] if job["progress"] == "none" else []
        return subprocess.call([*find_command(), *words, RESUME, *own, *quiet], stdin=subprocess.DEVNULL)
    except LaionFetchError as error:
        print(f"laion-fetch: {error}", file=sys.stderr, flush=True)
        if job["json"]:
            print(json.dumps({"error": {"message": str(error), "exit_code": error.exit_code}}))
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _printer(progress: str) -> Callable[[PartsProgress], None]:
    """Prints where the run stands: every ten seconds, and when a part ends."""
    if progress == "none":
        return lambda _progress: None
    if progress == "json":
        return lambda progress: print(progress.as_json(), file=sys.stderr, flush=True)
    return lambda progress: print(f"laion-fetch: {progress}", file=sys.stderr, flush=True)


def _terminate(*_arguments: object) -> NoReturn:
    sys.exit(143)


def _end_with_launcher() -> None:
    """Ends this program, and with it what it has started, when the command that started it was killed."""
    launcher = os.environ.pop("LAION_FETCH_END_WITH", "")
    if launcher == str(os.getppid()):
        threading.Thread(target=_watch, args=(int(launcher),), daemon=True).start()


def _watch(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(POLL_SECONDS)
    # The main thread ends what it has started; if it hangs, this program ends all the same.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(CLOSE_SECONDS)
    os._exit(143)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
