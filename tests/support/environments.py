"""Virtual environments with other versions of what the project builds on, kept between runs of the tests."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HOME_VARIABLE = "ON_THE_RECORD_ENVIRONMENTS"


def environment(name: str, requirements: tuple[str, ...]) -> Path:
    """The Python of an environment with `requirements`; it is made when it is not there (a minute, 500 MB)."""
    home = Path(os.environ.get(HOME_VARIABLE, Path.home() / ".cache" / "on-the-record"))
    home.mkdir(parents=True, exist_ok=True)
    version = "{}.{}".format(*sys.version_info)
    digest = sha256("\n".join((version, *requirements)).encode()).hexdigest()
    folder = home / f"{name}-{digest[:8]}"
    python = folder / "bin" / "python"
    with (home / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements], check=True, stdout=sys.stderr)
            (folder / "complete").touch()
    return python


def clean() -> dict[str, str]:
    """The variables of this process without those that lead Python or `datasets` elsewhere."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "HF_DATASETS_CACHE")
    return {name: value for name, value in os.environ.items() if name not in left_out}
