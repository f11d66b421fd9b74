"""A real server of the hub's reading side for the tests: olah, in an environment of its own, made once.

It serves git repositories in `<folder>/datasets/OWNER/NAME`, without any other hub behind it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "0.5.4"
HOME_VARIABLE = "ON_THE_RECORD_OLAH"


def home() -> Path:
    """Where the server's environment lies: it needs another set of packages than this project."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path.home() / ".cache" / "on-the-record" / f"olah-{VERSION}"


def program() -> Path:
    """The server's program; its environment is made when it is not there (half a minute, 110 MB)."""
    folder = home()
    command = folder / "bin" / "olah-cli"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not command.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            # pip writes the program of a package after all that the package needs: no program, not complete.
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, f"olah=={VERSION}"], check=True, stdout=sys.stderr)
    return command


@contextmanager
def serving(repositories: Path, folder: Path) -> Iterator[str]:
    """The address of a server of `repositories` that keeps its own files in `folder`, until the block ends."""
    command = program()
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "olah.toml"
    config.write_text(
        f'[basic]\nhost = "127.0.0.1"\nport = {port}\nrepos-path = "{folder / "repos"}"\n'
        f'mirrors-path = ["{repositories}"]\n[accessibility]\noffline = true\n'
    )
    process = subprocess.Popen(
        [command, "--config", config, "--log-path", folder / "logs"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if "running on" in line:
                break
        else:
            raise RuntimeError("olah did not start:\n" + "".join(said))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate()
