"""`corpus publish` run in a process of its own against a stand-in for the hub."""

from __future__ import annotations

import os
import subprocess
import sys

from support.corpora import Corpus, Ran
from support.hub_stand_in import Hub

TOKEN = "hf_0123456789abcdefSECRET"
REPO = "someone/some-corpus"


def started(corpus: Corpus, hub: Hub, *argv: str, xet: bool = False, **changed: str) -> subprocess.Popen[str]:
    """`corpus publish` in a process of its own, since the hub's library reads the environment when it is loaded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(hub.folder.parent / "home")}
    environment |= {"HF_HUB_DISABLE_XET": "0" if xet else "1"} | changed
    command = [sys.executable, "-m", "corpus", "--root", str(corpus.root), "publish", "--repo", REPO, *argv]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


def ended(process: subprocess.Popen[str]) -> Ran:
    """What came of it; in nothing that it printed the token stands."""
    out, err = process.communicate(timeout=120)
    assert "SECRET" not in out + err
    return Ran(process.returncode, out, err)


def publish(corpus: Corpus, hub: Hub, *argv: str, xet: bool = False, **changed: str) -> Ran:
    return ended(started(corpus, hub, *argv, xet=xet, **changed))
