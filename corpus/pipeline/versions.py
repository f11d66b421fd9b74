"""What a result depends on besides its input: this package's code, Python, and the libraries."""

from __future__ import annotations

import platform
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..core.regular_file import read_file

_LIBRARIES = (
    *("jiter", "jsonschema-rs", "language-tags", "numpy", "orjson", "packaging"),
    *("pyarrow", "regex", "rensa", "sentencex"),
)
"""Libraries that a Summary, a finding or a table may depend on, besides the package and Python."""


@cache
def versions() -> dict[str, str]:
    """Return the version of Python and of each library, and a hash of the package's code.

    They are the same for a whole process. Two machines with the same ones give the same bytes.
    """
    package = Path(__file__).parent.parent
    code = blake2b(digest_size=16)
    for path in sorted(package.rglob("*.py")):
        data = read_file(path)
        code.update(f"{path.relative_to(package).as_posix()} {len(data)}\n".encode() + data)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return {"on-the-record": code.hexdigest(), "Python": python, **{name: _version(name) for name in _LIBRARIES}}


def difference(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Return what differs between two machines, in words; "" for nothing."""
    names = [name for name in ours if ours[name] != theirs.get(name)]
    return ", ".join(
        f"other code of {name}" if name == "on-the-record" else f"{name} {theirs.get(name) or 'none'}, not {ours[name]}"
        for name in names
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
