"""A real server of the hub's reading side for the tests: olah, in an environment of its own, made once.

It serves git repositories in `<folder>/datasets/OWNER/NAME`, without any other hub behind it.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.environments import environment

VERSION = "0.5.4"


@contextmanager
def serving(repositories: Path, folder: Path) -> Iterator[str]:
    """The address of a server of `repositories` that keeps its own files in `folder`, until the block ends."""
    command = environment("olah", (f"olah=={VERSION}",)).with_name("olah-cli")
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
