"""What a pull makes of the answers of a server: a stand-in, without a process or a network."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.corpora import Corpus, Ran
from support.exports import exported, made
from support.stand_in_server import TITLE, URL, StandIn, stand_in
from support.studio import TICKED

from corpus.cli.main import main
from corpus.files.lock import locked
from corpus.files.writer import TEMPORARY
from corpus.labelstudio import connection, pages, snapshot
from corpus.labelstudio.errors import ServerError
from corpus.labelstudio.pages import MOST, SIZE, read_pages


@pytest.fixture
def there(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path / "server") as one:
        yield one


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time passes only while the program sleeps; how long it did."""
    naps: list[float] = []
    for module in (connection, pages, snapshot):
        monkeypatch.setattr(module.time, "sleep", naps.append)
    monkeypatch.setattr(snapshot.time, "monotonic", lambda: sum(naps))
    return naps


def pull(corpus: Corpus, *more: str) -> Ran:
    return corpus.run("label-studio", "pull", "--project", TITLE, *more)


@pytest.mark.parametrize("how", [(), ("--snapshot",), ("--since", "2026-01-01")], ids=["pages", "snapshot", "since"])
def test_a_pull_writes_annotations_and_cleans_up(corpus: Corpus, there: StandIn, how: tuple[str, ...]) -> None:
    there.holds(exported(1, "alpha", made(11)), exported(2, "beta", made(12, result=[7])))
    ran = pull(corpus, *how)
    assert (ran.code, "1 written, 0 unchanged, 1 quarantined" in ran.err) == (1, True), ran.err
    assert there.snapshots == []
    (folder,) = (corpus.root / ".label-studio").iterdir()
    assert [path.name for path in folder.iterdir()] == ["last.json"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_finding_leads_to_its_task(corpus: Corpus, there: StandIn) -> None:
    there.holds(exported(2, "beta", made(12, result=[7])))
    page = "/projects/3/data?task=2"
    assert f"see {page}" in pull(corpus).out
    (kept,) = corpus.root.glob("quarantine/beta/*.problems.json")
    assert json.loads(kept.read_bytes())[0]["suggestion"] == f"see {page}"
    # Someone at a terminal gets the whole address; a file or a log does not.
    with redirect_stdout(Terminal()) as out:
        main(["--root", str(corpus.root), "label-studio", "pull", "--project", TITLE])
    assert f"see {URL}{page}" in out.getvalue()
    assert URL not in kept.read_text()


@pytest.mark.parametrize(("version", "noted"), [("1.23.2", False), ("1.21.0", False), ("1.20.0", True), ("2.0", True)])
def test_a_server_that_was_not_tried_is_noted(corpus: Corpus, there: StandIn, version: str, noted: bool) -> None:
    there.holds(exported(1, "alpha", made(11)))
    path = there.folder / "project.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "version": version}))
    ran = pull(corpus)
    note = f"the server is Label Studio {version}; this command was tried with 1.21 to 1.23 only"
    assert (ran.code, note in ran.err) == (0, noted)


class TestUnreadable:
    """One annotation with a lone surrogate: the server answers 500 to each page that has it."""

    def test_the_rest_is_pulled_and_the_task_is_named(self, corpus: Corpus, there: StandIn, slept: list[float]) -> None:
        for name in ("gamma", "delta"):
            corpus.add(name, annotators=())
        tasks = [exported(n, doc_id, made(10 + n)) for n, doc_id in enumerate(("alpha", "gamma", "delta"), 1)]
        there.holds(*tasks)
        assert pull(corpus).code == 0
        before = corpus.files()
        for one in tasks:
            one["annotations"] = [made(20 + one["id"], result=TICKED, updated_at="2026-11-25T07:00:00Z")]
        there.holds(*tasks, unreadable=(2,))
        for how in (), ("--snapshot",):
            ran = pull(corpus, "--timeout", "1", *how)
            assert ran.code == 1
            assert "skipped task 2 (gamma): " in ran.out
            assert there.snapshots == []
        after = corpus.files()
        changed = sorted(path for path in after if after[path] != before.get(path))
        assert changed == ["annotations/ann-1/alpha.json", "annotations/ann-1/delta.json"]
        there.holds(*tasks)
        assert pull(corpus).code == 0

    def test_since_a_time_too(self, corpus: Corpus, there: StandIn, slept: list[float]) -> None:
        corpus.add("gamma", annotators=())
        there.holds(
            *(exported(n, doc_id, made(10 + n)) for n, doc_id in enumerate(("alpha", "gamma"), 1)), unreadable=(2,)
        )
        ran = pull(corpus, "--since", "2026-01-01")
        assert (ran.code, "skipped task 2 (gamma): " in ran.out, "1 written" in ran.err) == (1, True, True)

    @pytest.mark.parametrize("count", [0, 1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE])
    def test_pages_are_halved_until_the_task_is_found(self, count: int, slept: list[float]) -> None:
        ids = [2 * number for number in range(1, count + 1)]
        bad = {2, 4, 2 * SIZE, 2 * SIZE + 2, 2 * count} & set(ids)
        asked: list[int] = []

        def ask(after: int, size: int) -> list[dict[str, int]]:
            asked.append(size)
            found = [id_ for id_ in ids if id_ > after][:size]
            if bad & set(found):
                raise ServerError("cannot", 500)
            return [{"id": id_} for id_ in found]

        def leave_out(after: int) -> int | None:
            left_out.append(next(id_ for id_ in ids if id_ > after))
            return left_out[-1]

        left_out: list[int] = []
        came = [one["id"] for page in read_pages(ask, leave_out) for one in page]
        assert set(left_out) == bad
        assert sorted([*came, *left_out]) == ids
        assert len(asked) <= 2 + count // SIZE + 16 * len(bad)

    def test_a_server_that_fails_altogether_is_an_error(self) -> None:
        def ask(after: int, size: int) -> list[dict[str, int]]:
            raise ServerError("cannot", 500)

        def leave_out(after: int) -> int:
            left_out.append(after)
            return after + 1

        left_out: list[int] = []
        with pytest.raises(ServerError):
            list(read_pages(ask, leave_out))
        assert len(left_out) == MOST
        with pytest.raises(ServerError):
            list(read_pages(ask))

    @pytest.mark.parametrize("status", [0, 401, 404, 502])
    def test_another_failure_is_not_halved(self, status: int) -> None:
        def ask(after: int, size: int) -> list[dict[str, int]]:
            assert size == SIZE
            raise ServerError("cannot", status)

        with pytest.raises(ServerError):
            list(read_pages(ask, lambda after: None))


class TestGentle:
    """People annotate on the server while it is swept."""

    @pytest.mark.parametrize(("seconds", "sizes"), [(0.1, [128, 128]), (1.5, [128, 64, 32, 32]), (0.5, [128, 128])])
    def test_it_sleeps_as_long_as_an_answer_took_and_asks_for_less(
        self, slept: list[float], seconds: float, sizes: list[int]
    ) -> None:
        asked: list[int] = []

        def ask(after: int, size: int) -> list[dict[str, int]]:
            asked.append(size)
            slept.append(seconds)
            return [{"id": id_} for id_ in range(after + 1, min(after + size, 250) + 1)]

        came = [one["id"] for page in read_pages(ask) for one in page]
        assert came == list(range(1, 251))
        assert asked[: len(sizes)] == sizes
        assert slept[1::2] == pytest.approx([seconds] * (len(asked) - 1))

    def test_a_task_that_is_deleted_meanwhile_hides_no_other(self, slept: list[float]) -> None:
        ids = list(range(1, 2 * SIZE + 1))

        def ask(after: int, size: int) -> list[dict[str, int]]:
            found = [{"id": id_} for id_ in ids if id_ > after][:size]
            ids.remove(1) if 1 in ids else None
            return found

        assert [one["id"] for page in read_pages(ask) for one in page] == list(range(1, 2 * SIZE + 1))

    def test_it_goes_on_after_a_kill(self, corpus: Corpus, there: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pages, "SIZE", 1)
        for name in ("gamma", "delta"):
            corpus.add(name, annotators=())
        tasks = [exported(n, doc_id, made(10 + n)) for n, doc_id in enumerate(("alpha", "gamma", "delta"), 1)]
        there.holds(*tasks)
        killed = 0

        def kill(seconds: float) -> None:
            nonlocal killed
            killed += 1
            if killed == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(pages.time, "sleep", kill)
        assert pull(corpus).code == 130
        (folder,) = (corpus.root / ".label-studio").iterdir()
        part = folder / "tasks.json.part"
        assert len(part.read_bytes().splitlines()) == 2
        with part.open("ab") as file:
            file.write(b',{"id": 3, "half a line')
        # What came before the kill is not asked for again; what changed since then is part of the next pull.
        changed = {"updated_at": "2026-11-25T07:00:00Z"}
        again = [made(10 + n, result=TICKED, **changed) for n in (1, 2, 3)]
        there.holds(*({**task, **changed, "annotations": [one]} for task, one in zip(tasks, again, strict=True)))
        assert pull(corpus).code == 0
        quotes = [corpus.read(f"annotations/ann-1/{name}.json")["quotes"] for name in ("alpha", "gamma", "delta")]
        assert [bool(one) for one in quotes] == [True, True, False]
        assert [path.name for path in folder.iterdir()] == ["last.json"]
        assert pull(corpus, "--since", "last").code == 0
        quotes = [corpus.read(f"annotations/ann-1/{name}.json")["quotes"] for name in ("alpha", "gamma", "delta")]
        assert quotes == [[], [], []]


class TestUnfinished:
    """A server that was killed leaves a snapshot "in_progress"."""

    def left(self, corpus: Corpus, there: StandIn, ago: float) -> None:
        """An interrupted pull asked for a snapshot so many seconds ago."""
        there.holds(exported(1, "alpha", made(11)))
        assert pull(corpus, "--snapshot").code == 0
        (folder,) = (corpus.root / ".label-studio").iterdir()
        at = datetime.now(UTC) - timedelta(seconds=ago)
        (folder / "snapshot-asked.json").write_text(json.dumps({"title": "stuck", "at": at.isoformat()}))
        (there.folder / "snapshots" / "stuck").touch()
        there.holds(exported(1, "alpha", made(11, result=TICKED, updated_at="2026-11-25T07:00:00Z")))

    @pytest.mark.parametrize(("ago", "seconds"), [(0, 600), (590, 10), (900, 0), (-900, 600)])
    def test_it_is_requested_anew_after_the_time_that_is_left(
        self, corpus: Corpus, there: StandIn, slept: list[float], ago: float, seconds: float
    ) -> None:
        self.left(corpus, there, ago)
        requested = there.requested
        ran = pull(corpus, "--snapshot")
        assert there.requested == requested + 1
        assert (ran.code, "1 written" in ran.err) == (0, True), ran.err
        assert there.snapshots == []
        assert seconds - 5 <= sum(slept) <= seconds + 1


def test_no_message_and_no_file_has_the_address(corpus: Corpus, there: StandIn, slept: list[float]) -> None:
    there.holds(exported(1, "alpha", made(11)), unreadable=(1,))
    outputs = [pull(corpus)]
    there.holds(exported(1, "alpha", made(11), made(12, 8, result=[7])))
    outputs += [pull(corpus), pull(corpus, "--since", "last"), pull(corpus, "--prune", "--snapshot")]
    there.holds(down=f"{URL}/api/tasks is down, ask at labels.example.net or write to lead@example.net")
    outputs += [pull(corpus), corpus.run("label-studio", "push", "--project", TITLE)]
    there.holds(exported(1, "alpha", made(11), made(12, 8, result=[7])))
    outputs.append(corpus.run("label-studio", "pull", "--project", "another"))
    outputs += [corpus.run("label-studio", "push", "--project", TITLE, *more) for more in ((), ("--new",))]
    assert [ran.code for ran in outputs] == [1, 1, 1, 1, 2, 2, 2, 2, 0]
    host = "example.net"
    for ran in outputs:
        assert host not in ran.out + ran.err
    for path in corpus.root.rglob("*"):
        assert host not in path.as_posix()
        assert path.is_dir() or host.encode() not in path.read_bytes(), path


def test_a_pull_of_another_server_calls_no_file_gone(corpus: Corpus, there: StandIn) -> None:
    there.holds(exported(1, "alpha", made(11)))
    assert pull(corpus).code == 0
    before = corpus.files()
    there.holds()
    ran = pull(corpus, "--server", "https://other.example.org", "--prune")
    assert (ran.code, ran.out, corpus.files()) == (0, "", before)
    corpus.write(
        "annotators.toml",
        f'[servers]\n"{URL}" = "lab"\n"https://other.example.org" = "lab"\n',
    )
    ran = pull(corpus, "--server", "https://other.example.org")
    assert (ran.code, "gone annotations/ann-1/alpha.json: task 1 is no longer on the server" in ran.out) == (1, True)


@pytest.mark.parametrize("link", ["annotations/ann-1", "quarantine", ".label-studio"])
def test_a_link_in_the_corpus_is_not_written_through(corpus: Corpus, there: StandIn, link: str) -> None:
    outside = corpus.root.parent / "outside"
    outside.mkdir()
    (corpus.root / link).symlink_to(outside)
    corpus.write("annotators.toml", '[people]\n"7" = "ann-1"\n')
    there.holds(exported(1, "alpha", made(11)))
    ran = pull(corpus)
    assert (ran.code, "is a symbolic link" in ran.err, list(outside.iterdir())) == (2, True, [])


def test_what_a_killed_pull_left_is_swept(corpus: Corpus, there: StandIn) -> None:
    there.holds(exported(1, "alpha", made(11)))
    for folder in ("annotations", "quarantine", "trial"):
        (corpus.root / folder).mkdir(exist_ok=True)
        (corpus.root / folder / f"{TEMPORARY}x").mkdir()
        (corpus.root / folder / f"{TEMPORARY}x" / "0").write_text("{")
    assert pull(corpus).code == 0
    assert [path.parent.name for path in corpus.root.rglob(f"{TEMPORARY}*")] == ["trial"]
    export = corpus.write("export.json", json.dumps([exported(1, "alpha", made(11))]))
    assert corpus.run("label-studio", "convert", str(export), "--into", str(corpus.root / "trial")).code == 0
    assert not list(corpus.root.rglob(f"{TEMPORARY}*"))


def test_two_pulls_of_one_project_are_refused(corpus: Corpus, there: StandIn) -> None:
    there.holds(exported(1, "alpha", made(11)))
    assert pull(corpus).code == 0
    (folder,) = (corpus.root / ".label-studio").iterdir()
    with locked(folder):
        ran = pull(corpus)
    assert (ran.code, "another pull of this project into this corpus is running" in ran.err) == (2, True)
