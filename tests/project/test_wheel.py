"""A wheel built from the repository works outside of it: the command, the schema it carries, and `corpus.load`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.corpora import REPOSITORY

LOAD = """
import json, sys
from pathlib import Path
import corpus
quotes = corpus.load("quotes", split="train", root=sys.argv[1], cache_dir=sys.argv[2])
print(json.dumps([str(Path(corpus.__file__).parent), list(quotes["speaker_name"])]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as a wheel installs it; its dependencies are those of the running Python."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-index", "--no-deps"]
    # The build backend is the one of the test environment, so that nothing is downloaded.
    subprocess.run(
        [*pip, "wheel", "--no-build-isolation", *offline, "--wheel-dir", folder, REPOSITORY], check=True, cwd=folder
    )
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", *offline, "--target", folder / "installed", wheel], check=True, cwd=folder)
    return folder / "installed"


def ran(installed: Path, cwd: Path, *command: str | Path) -> str:
    """Run a command that sees the installed package and not the repository; return its stdout."""
    # The tests may themselves run with the repository on PYTHONPATH.
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and Path(path) != REPOSITORY]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(installed), *others])}
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_installed_wheel_works_outside_of_the_repository(installed: Path, tmp_path: Path) -> None:
    command, root = installed / "bin" / "corpus", tmp_path / "valley"
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    assert ran(installed, tmp_path, command, "--version").split()[-1] == project["version"]
    ran(installed, tmp_path, command, "init", str(root))
    ran(installed, root, command, "validate")
    ran(installed, root, command, "build")
    loaded = json.loads(ran(installed, tmp_path, sys.executable, "-c", LOAD, root, tmp_path / "cache"))
    assert loaded == [str(installed / "corpus"), ["Idris Pemberly", "Idris Pemberly", "Petra Lunn"]]


def test_the_schema_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The repository's schema is in the package, and what `corpus init` writes is made of it."""
    carried = installed / "corpus" / "core" / "own_schema"
    files = {path.name: path.read_bytes() for path in (REPOSITORY / "schema").iterdir() if path.is_file()}
    assert {path.name: path.read_bytes() for path in carried.iterdir()} == files
    changed = json.loads(files["annotation.schema.json"]) | {"title": "The schema of this wheel"}
    before = (carried / "annotation.schema.json").read_bytes()
    (carried / "annotation.schema.json").write_text(json.dumps(changed), "utf-8")
    try:
        ran(installed, tmp_path, installed / "bin" / "corpus", "init", str(tmp_path / "valley"))
    finally:
        (carried / "annotation.schema.json").write_bytes(before)
    begun = json.loads((tmp_path / "valley" / "schema" / "annotation.schema.json").read_bytes())
    assert begun["title"] == "The schema of this wheel"
