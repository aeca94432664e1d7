"""The tests run the built command of this repository against a web on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

ROOT = Path(__file__).parents[2]
CLI = ROOT / "bin" / "laion-fetch.js"
sys.path.insert(0, str(ROOT / "python"))

IMAGES = ["landscape.jpg", "portrait.jpg", "tiny.jpg", "rgb.png", "lossy.webp", "orientation-6.jpg"]
PATHS: Dict[str, Any] = {
    **{f"/{name}": {"body": {"fixture": f"images/{name}"}} for name in IMAGES},
    "/text": {"body": {"text": "no image"}},
    "/hangs-once": [{"hang": True}, {"body": {"fixture": "images/tiny.jpg"}}],
    "/hangs": {"hang": True},
}


@pytest.fixture(autouse=True)
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every test finds the command of this repository, starts one decoder, and has a folder of its own."""
    # There, the command also prints annotations.
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("LAION_FETCH_BIN", str(CLI))
    monkeypatch.setenv("LAION_FETCH_DECODERS", "1")
    monkeypatch.setenv("LAION_FETCH_ALLOW_PRIVATE", "127.0.0.0/8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "python"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the web: `http://127.0.0.1:12345`."""
    script = tmp_path_factory.mktemp("web") / "web.json"
    script.write_text(json.dumps({"hosts": {"*": {"paths": PATHS}}}))
    box = subprocess.Popen(
        [ROOT / "node_modules/.bin/tsx", ROOT / "test/support/box/box-cli.ts", "--script", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert box.stdout is not None
    # It ends with its standard input.
    with box:
        yield f"http://127.0.0.1:{json.loads(box.stdout.readline())['http']}"
        box.communicate()


@pytest.fixture
def index(web: str, tmp_path: Path) -> Path:
    """A CSV index of the web's images, a missing one and a text."""
    rows = [f"{web}/{path},caption {path}\n" for path in [*IMAGES, "missing.jpg", "text"]]
    path = tmp_path / "index.csv"
    path.write_text("url,caption\n" + "".join(rows))
    return path


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends with a line that programs can read, as `npm test` does; in CI, a skipped test is a failure."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    passed, failed, errors, skipped = (len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped"))
    sys.stdout.write(f"{passed} passed, {failed + errors + (skipped if is_ci() else 0)} failed\n")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and is_ci() and reporter.stats.get("skipped"):
        session.exitstatus = 1


def is_ci() -> bool:
    return os.environ.get("CI", "") not in ("", "0", "false")
