"""What a site of many articles costs: to write it, to bring it up to date, and to search it in a browser.

    python benchmarks/view.py [--documents 10000] [--keep FOLDER]

Makes documents (see bulk.py), writes their site, writes it again unchanged, and again with one article changed.
CPU-seconds are user and system, of the command and what it starts, imports included. Then Chromium opens the corpus
page as a file, with nothing in its caches. The milliseconds of a search go from the input to the painted result. Needs
the extra `browser` and Debian's `chromium`.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import bulk

CHROMIUM = Path("/usr/bin/chromium")
ASKED = """async ([act, value]) => {
  const before = document.body.dataset.done, began = performance.now();
  const one = document.getElementById(act);
  if (act === 'clear') one.click();
  else { one.value = value; one.dispatchEvent(new Event(act === 'q' ? 'input' : 'change')); }
  await new Promise(done => {
    const look = () => document.body.dataset.done === before ? setTimeout(look, 1) : done();
    look();
  });
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return [performance.now() - began, document.getElementById('status').textContent];
}"""
STEPS = (
    ("first search, “mira”", "q", "mira"),
    ("next search, “mira b”", "q", "mira b"),
    ("next search, “kelbaden”", "q", "kelbaden"),
    ("next search, “e”", "q", "e"),
    ("records: quotes, first", "show", "quotes"),
    ("quotes with “kelbaden”", "q", "kelbaden"),
    ("quotes with “e”", "q", "e"),
    ("records: mentions, first", "show", "mentions"),
    ("mentions with “mira”", "q", "mira"),
    ("newest first", "order", "new"),
    ("all cleared", "clear", ""),
)
"""The title of a measurement, the element that gets an input, and the input."""


def main() -> None:
    """Make the corpus, run the command and the browser, print two tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="an empty folder for the corpus and the site, which are then kept")
    args = parser.parse_args()
    names = ", ".join(f"{name} {version(name)}" for name in ("on-the-record", "jinja2", "orjson"))
    where = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    print(f"{time.strftime('%Y-%m-%d')}, {where}\n{names}; {args.documents:,} documents\n", flush=True)
    with folder_for(args.keep) as home:
        root, site = home / "corpus", home / "site"
        if not root.exists():
            root.mkdir()
            bulk.write(root, args.documents)
        write_tables(root, site)
        search_tables(site)


@contextmanager
def folder_for(kept: Path | None) -> Iterator[Path]:
    """A folder that is deleted afterwards, or the one to keep."""
    if kept is not None:
        yield kept
    else:
        with tempfile.TemporaryDirectory(prefix="corpus-bench-") as name:
            yield Path(name)


def write_tables(root: Path, site: Path) -> None:
    """Write the site three times, and print what each run costs."""
    print("| command | CPU seconds | seconds | peak MB |\n|---|---:|---:|---:|", flush=True)
    print(f"| corpus view --out site | {run(root, site)} |", flush=True)
    print(f"| again, nothing changed | {run(root, site)} |", flush=True)
    gold = root / "annotations" / "gold" / "all.jsonl"
    gold.write_bytes(gold.read_bytes().replace(b'"medium":"speech"', b'"medium":"writing"', 1))
    print(f"| again, one article changed | {run(root, site)} |\n", flush=True)
    files = [path for path in site.rglob("*") if path.is_file()]
    index = [path for path in files if path.parent.name == "index"]
    print(f"{len(files):,} files, {megabytes(files)}; the index {len(index):,} files, {megabytes(index)}\n", flush=True)


def megabytes(files: list[Path]) -> str:
    """The size of files together."""
    return f"{sum(path.stat().st_size for path in files) / 1e6:,.0f} MB"


def run(root: Path, site: Path) -> str:
    """The CPU-seconds, the seconds and the peak memory of `corpus view`."""
    command = [sys.executable, "-m", "corpus", "--root", root, "view", "--out", site]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return f"{cpu:.2f} | {seconds:.2f} | {used.ru_maxrss / 1024:.0f}"


def search_tables(site: Path) -> None:
    """Open the corpus page in Chromium, search it, and print the milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        print(f"Chromium {browser.version}\n\n| what | milliseconds | found |\n|---|---:|---|")
        page = browser.new_page()
        page.goto((site / "index.html").as_uri())
        paint = "performance.getEntriesByName('first-contentful-paint')[0]"
        page.wait_for_function(paint)
        painted = page.evaluate(f"{paint}.startTime")
        ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        print(f"| list: first paint | {painted:.0f} | |\n| list: ready for input | {ready:.0f} | |")
        for name, element, value in STEPS:
            milliseconds, found = page.evaluate(ASKED, [element, value])
            print(f"| {name} | {milliseconds:.0f} | {found} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
