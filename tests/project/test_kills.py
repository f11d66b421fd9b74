"""Killed at any moment, a command leaves each file as it was or as it becomes, and runs again to the same end.

`ON_THE_RECORD_KILLS=50 pytest tests/project/test_kills.py` kills each command at 50 moments, by default at 4.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.copies import copy_repository
from support.corpora import REPOSITORY, TEXT, Corpus, run, tiny
from support.exports import exported, made
from support.kills import Killer
from support.stand_in_server import TITLE, StandIn, stand_in
from support.studio import TICKED

from corpus.files.writer import TEMPORARY

MOMENTS = int(os.environ.get("ON_THE_RECORD_KILLS", "4"))
FEW = ("barrage-hearing-delay", "barrage-cost-analysis", "barrage-poll-brief")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and asks the kernel for memory files")


@dataclass(frozen=True)
class Case:
    """A command, and the folder that it is run on."""

    prepare: Callable[[Path], object]
    arguments: tuple[str, ...]
    """{} is the folder."""
    whole: tuple[str, ...] = ()
    """Folders that are as before or as after in all, not only file by file."""
    under_way: tuple[str, ...] = ()
    """Names of files that hold what a later run resumes; a run that ends leaves none."""
    settled: Callable[[], bool] = lambda: True
    """What holds outside of the folder after the next run."""


def two(root: Path) -> None:
    tiny(root)


def unformatted(root: Path) -> None:
    corpus = tiny(root)
    for path in (root / "annotations" / "gold").glob("*.json"):
        corpus.write(path.relative_to(root).as_posix(), corpus.read(path.relative_to(root).as_posix()))


def without_splits(root: Path) -> None:
    corpus = tiny(root)
    for name in ("alpha", "beta"):
        record = corpus.read(f"raw/{name}.json")
        del record["split"]
        corpus.write(f"raw/{name}.json", record)


def withheld(root: Path) -> None:
    corpus = tiny(root / "corpus")
    text = (corpus.root / "raw" / "beta.txt").read_text("utf-8")
    corpus.write("raw/beta.json", {**corpus.read("raw/beta.json"), "redistribution": "offsets_only"})
    (corpus.root / "raw" / "beta.txt").unlink()
    (root / "texts").mkdir()
    (root / "texts" / "beta.txt").write_text(text, "utf-8")


def shown_before(root: Path) -> None:
    """A corpus with a site of an earlier state: since then an article was changed, one deleted and one added."""
    corpus = tiny(root)
    assert corpus.run("view", "--out", str(root / "site")).code == 0
    value = corpus.read("annotations/gold/alpha.json")
    value["quotes"][0]["type"] = "mixed"
    corpus.write("annotations/gold/alpha.json", value)
    for path in [*(root / "raw").glob("beta.*"), root / "annotations/gold/beta.json"]:
        path.unlink()
    corpus.add("gamma", TEXT.replace("safe", "long"))


def two_annotators(root: Path) -> None:
    copy_repository(root, FEW[:1])
    shutil.rmtree(root / "annotations" / "gold")


def releasable(root: Path) -> None:
    copy_repository(root, FEW)


def pulled(root: Path) -> None:
    """A corpus that was pulled once: since then an account was renamed, and on the server all has changed."""
    corpus = tiny(root)
    for name in ("gamma", "delta", "epsilon"):
        corpus.add(name, annotators=())
    server = the_server()
    server.holds(
        exported(1, "alpha", made(11), made(12, 8)), exported(2, "gamma", made(13)), exported(3, "delta", made(14))
    )
    arguments = ("--root", str(root), "label-studio", "pull", "--project", TITLE)
    with stand_in(server.folder):
        assert run(*arguments).code == 0
    path = root / "annotators.toml"
    path.write_text(path.read_text().replace("ann-2", "mira"))
    later = {"updated_at": "2026-11-25T07:00:00Z"}
    changed = made(11, result=TICKED, **later)
    server.holds(
        exported(1, "alpha", changed, made(12, 8), made(15, 9)),
        exported(2, "gamma", made(13, result=[7], **later)),
        exported(4, "epsilon", made(16, 9)),
    )


def the_server() -> StandIn:
    return StandIn(Path(os.environ["ON_THE_RECORD_STAND_IN"]))


CASES = {
    "build": Case(two, ("--root", "{}", "build"), ("build",)),
    "release": Case(releasable, ("--root", "{}", "release", "1.0.0"), ("releases/1.0.0",)),
    "fmt": Case(unformatted, ("--root", "{}", "fmt")),
    "import": Case(
        lambda root: root.mkdir(),
        (
            *("import", "brat", str(REPOSITORY / "tests/formats/examples/attribution"), "--into", "{}/new"),
            *("--map", str(REPOSITORY / "tests/formats/examples/attribution.toml")),
        ),
        ("new",),
    ),
    "export": Case(two, ("--root", "{}", "export", "brat", "{}/out"), ("out",)),
    "attach": Case(withheld, ("--root", "{}/corpus", "attach", "beta", "--text", "{}/texts/beta.txt")),
    "adjudicate": Case(two_annotators, ("--root", "{}", "adjudicate", "--from", "ann-a,ann-b")),
    "split": Case(without_splits, ("--root", "{}", "split")),
    "exceptions": Case(
        without_splits,
        (
            *("--root", "{}", "exceptions", "add", "--code", "C601", "--doc", "alpha"),
            *("--reason", "to be split", "--until", "2099-01-01"),
        ),
    ),
    "baseline": Case(without_splits, ("--root", "{}", "baseline", "write")),
    "pull": Case(
        pulled,
        ("--root", "{}", "label-studio", "pull", "--project", TITLE, "--prune"),
        under_way=("sweep.json", "tasks.json.part"),
    ),
    "pull of a snapshot": Case(
        pulled,
        ("--root", "{}", "label-studio", "pull", "--project", TITLE, "--prune", "--snapshot"),
        under_way=("snapshot-asked.json", "snapshot.json.part"),
        settled=lambda: not the_server().snapshots,
    ),
    "pull since": Case(
        pulled,
        ("--root", "{}", "label-studio", "pull", "--project", TITLE, "--since", "2026-01-01"),
        under_way=("sweep.json", "tasks.json.part"),
    ),
    "view": Case(shown_before, ("--root", "{}", "view", "--out", "{}/site"), under_way=("site.json",)),
    "init": Case(lambda root: root.mkdir(), ("init", "{}/new", "--title", "New"), ("new",)),
}


def tree(root: Path) -> dict[str, bytes]:
    """The bytes of each file below a folder, but for what the next run of a command sweeps."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not is_stale(path.relative_to(root))
    }


def some(changes: int, name: str) -> list[int]:
    """So many of the moments before a change, the same in each run."""
    return sorted(random.Random(name).sample(range(1, changes + 1), min(MOMENTS, changes)))


def is_stale(path: Path) -> bool:
    return any(part.startswith(TEMPORARY) for part in path.parts)


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    cache = tmp_path_factory.mktemp("cache")
    server = StandIn(tmp_path_factory.mktemp("server"))
    path = os.pathsep.join([str(REPOSITORY / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = {"ON_THE_RECORD_CACHE": str(cache), "SOURCE_DATE_EPOCH": "0", "PYTHONPATH": path}
    with pytest.MonkeyPatch.context() as patch, Killer(environment | server.environment()) as one:
        patch.setenv("ON_THE_RECORD_STAND_IN", str(server.folder))
        yield one


@pytest.mark.parametrize("name", CASES)
def test_a_killed_command_leaves_each_file_as_before_or_as_after(name: str, killer: Killer, tmp_path: Path) -> None:
    case = CASES[name]
    start = tmp_path / "start"
    case.prepare(start)
    before = tree(start)

    def place(at: str) -> tuple[Path, list[str]]:
        folder = tmp_path / at / "same-name"
        shutil.rmtree(tmp_path / at, ignore_errors=True)
        shutil.copytree(start, folder, symlinks=True)
        return folder, [argument.format(folder) for argument in case.arguments]

    folder, arguments = place("clean")
    code, changes = killer.run(arguments)
    after = tree(folder)
    assert code in (0, 1)
    assert after != before, "the command changed nothing, so that killing it shows nothing"
    chosen = some(changes, name)
    for moment in chosen:
        folder, arguments = place("killed")
        assert killer.run(arguments, moment)[0] == -9
        left = tree(folder)
        where = f"killed before change {moment} of {changes}"
        for path in left.keys() | before.keys():
            if path.rpartition("/")[2] in case.under_way:
                continue
            assert left.get(path) in (before.get(path), after.get(path)), f"{where}: {path}"
        for whole in case.whole:
            parts = {path: data for path, data in left.items() if path.startswith(f"{whole}/")}
            ends = [
                {path: data for path, data in one.items() if path.startswith(f"{whole}/")} for one in (before, after)
            ]
            assert parts in ends, f"{where}: {whole} is a part of what it becomes"
        if left != after or not case.settled():
            assert killer.run(arguments)[0] == code, where
            assert tree(folder) == after, where
            assert case.settled(), where
        assert not [path for path in folder.rglob("*") if is_stale(path.relative_to(folder)) and left != after], where
    print(f"| `{name}` | {changes} | {len(chosen)} | nothing half-written, next run complete |")


def test_an_update_of_gold_that_is_killed_goes_on(killer: Killer, tmp_path: Path) -> None:
    """The checksums of the old and the new gold are both its own, or it would pass for changed by someone else."""
    start = tmp_path / "start"
    corpus = tiny(start)
    shutil.rmtree(start / "annotations" / "gold")
    value = corpus.read("annotations/ann-a/alpha.json")
    corpus.write("annotations/ann-b/alpha.json", {**value, "annotator": "ann-b"})
    root = tmp_path / "one"
    arguments = ["--root", str(root), "adjudicate", "--from", "ann-a,ann-b"]
    assert run("--root", str(start), *arguments[2:]).code == 0
    for annotator in ("ann-a", "ann-b"):
        path = f"annotations/{annotator}/alpha.json"
        changed = corpus.read(path)
        corpus.write(path, {**changed, "nonquotes": [], "layers_done": [*changed["layers_done"], "nonquotes"]})
    shutil.copytree(start, root)
    code, changes = killer.run(arguments)
    after = tree(root)
    assert code == 0
    assert after != tree(start)
    for moment in some(changes, "update"):
        shutil.rmtree(root)
        shutil.copytree(start, root)
        assert killer.run(arguments, moment)[0] == -9
        assert killer.run(arguments)[0] == 0, moment
        assert tree(root) == after, moment


def test_gold_never_stands_without_its_worklist(killer: Killer, tmp_path: Path) -> None:
    """Without one, a later run would take gold for another's work, and never touch the document again."""
    start = tmp_path / "start"
    corpus = tiny(start)
    value = corpus.read("annotations/ann-a/alpha.json")
    shutil.rmtree(start / "annotations" / "gold")
    corpus.write("annotations/ann-b/alpha.json", {**value, "annotator": "ann-b"})
    arguments = ["--root", str(tmp_path / "one"), "adjudicate", "--from", "ann-a,ann-b"]
    shutil.copytree(start, tmp_path / "one")
    code, changes = killer.run(arguments)
    assert code == 0
    for moment in some(changes, "worklist"):
        shutil.rmtree(tmp_path / "one")
        shutil.copytree(start, tmp_path / "one")
        assert killer.run(arguments, moment)[0] == -9
        gold = (tmp_path / "one/annotations/gold/alpha.json").exists()
        assert not gold or (tmp_path / "one/adjudication/gold/alpha.json").exists(), moment
        assert killer.run(arguments)[0] == 0
        assert run(*arguments).code == 0
        assert Corpus(tmp_path / "one").run("validate").code == 0
