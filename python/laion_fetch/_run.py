"""Runs the command: its log as Python's log, its exit code as an exception."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import tempfile
import threading
import weakref
from queue import SimpleQueue
from typing import IO, Any, Dict, Iterator, Optional, Sequence, cast

from ._errors import BY_EXIT_CODE, LaionFetchError
from ._find import find_command

log = logging.getLogger("laion_fetch")

Document = Dict[str, Any]


class Command:
    """The command under way. It is interrupted when Python ends and when nobody holds this object any more, and killed with it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._output: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [*find_command(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.PIPE,
            # However this process ends, nothing of it goes on; with what this process itself is to end with.
            env={**os.environ, END_WITH: ",".join(filter(None, [os.environ.get(END_WITH), str(os.getpid())]))},
            # An interrupt from the keyboard reaches Python alone, which passes it on once.
            start_new_session=True,
        )
        self._lines: SimpleQueue[Optional[bytes]] = SimpleQueue()
        # The command must not wait for a slow reader of its progress.
        threading.Thread(target=_move, args=(self._process.stderr, self._lines), daemon=True).start()
        self._held = ""
        self._is_over = False
        weakref.finalize(self, _end, self._process)

    def progress(self) -> Iterator[Document]:
        """Waits for the end and yields each document of progress until then."""
        while not self._is_over:
            line = self._lines.get()
            if line is None:
                self._process.wait()
                self._is_over = True
                return
            document = self._take(line.decode("utf-8", "replace").strip())
            if document is not None:
                yield document

    def interrupt(self) -> None:
        """Lets the command finish what is in flight, for at most ten seconds; called again, ends it at once."""
        self._process.send_signal(signal.SIGINT)

    def result(self) -> Document:
        """Waits for the end and returns what the command printed. Raises the exception of its exit code."""
        for _ in self.progress():
            pass
        self._output.seek(0)
        document = _parse(self._output.read().decode("utf-8", "replace")) or {}
        code = self._process.returncode
        if code == 0:
            self._log_held()
            return document
        said, self._held = self._held, ""
        message = _message(document) or said or f"laion-fetch ended with exit code {code} and without a message"
        raise BY_EXIT_CODE.get(code, LaionFetchError)(message, code, document or None)

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends the command if it still runs. An interrupt meanwhile ends it at once."""
        if self._is_over:
            return
        self.interrupt()
        try:
            for _unread in self.progress():
                pass
            self._log_held()
        except KeyboardInterrupt:
            self.interrupt()
            raise

    def _take(self, line: str) -> Optional[Document]:
        """A line of standard error: progress is returned, everything else goes to the log."""
        document = _parse(line) if line.startswith("{") else None
        if document is not None and document.get("type") == "progress":
            return document
        self._log_held()
        if document is not None and "msg" in document:
            # The command's levels are Python's and ten more.
            log.log(int(document.get("level", 40)) - 10, "%s", _sentence(document))
        else:
            # The last line may say why the command failed. Then it belongs to the exception.
            self._held = line[len(PREFIX) :] if line.startswith(PREFIX) else line
        return None

    def _log_held(self) -> None:
        if self._held:
            log.warning("%s", self._held)
        self._held = ""


def run(arguments: Sequence[str]) -> Document:
    """Runs the command and returns what it printed. Raises the exception of its exit code."""
    with Command(arguments) as command:
        return command.result()


PREFIX = "laion-fetch: "
END_WITH = "LAION_FETCH_END_WITH"


def _move(stream: IO[bytes], lines: SimpleQueue[Optional[bytes]]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait()


def _parse(text: str) -> Optional[Document]:
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    return cast(Document, value) if isinstance(value, dict) else None


def _sentence(document: Document) -> str:
    details = [f"{name}: {value}" for name, value in document.items() if name not in ("level", "time", "msg")]
    return f"{document['msg']}{' (' + ', '.join(details) + ')' if details else ''}"


def _message(document: Document) -> Optional[str]:
    """Why the command failed, as far as its document says it."""
    if "error" in document:
        return str(document["error"]["message"])
    faults = document.get("faults")
    if faults:
        first = faults[0]
        return f"{document['output']}: {len(faults)} findings, the first: {first['file']}: {first['fault']}"
    if document.get("interrupted"):
        return f"{document['output']}: interrupted; the same call resumes"
    return None
