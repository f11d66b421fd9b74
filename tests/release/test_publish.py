"""`corpus publish`: what is at the tag is the release and nothing else, and the token is seen by nobody."""

from __future__ import annotations

import signal

import pytest
from support.copies import contents
from support.corpora import Corpus
from support.hub_stand_in import Hub
from support.publishing import REPO, TOKEN, ended, publish, started


@pytest.mark.parametrize("xet", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["LFS", "Xet"])
def test_what_is_at_the_tag_is_the_release(released: Corpus, hub: Hub, xet: bool) -> None:
    """Also when an older release had files that this one has not; with both ways in which the library sends."""
    hub.large = not xet  # the stand-in has no Xet storage
    ran = publish(released, hub, xet=xet)
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert f"{hub.url}/datasets/{REPO}/tree/v1.0.0" in ran.err
    assert hub.files(REPO, "v1.0.0") == contents(released.root / "releases/1.0.0")
    assert hub.asked[-1].startswith(f"POST /api/datasets/{REPO}/tag/")
    for path in [*released.root.glob("raw/beta.*"), *released.root.glob("annotations/*/beta.json")]:
        path.unlink()
    assert released.run("release", "2.0.0").code == 0
    before = hub.sent["schema/annotation.schema.json"]
    assert publish(released, hub, xet=xet).code == 0
    assert hub.files(REPO, "v2.0.0") == contents(released.root / "releases/2.0.0")
    assert hub.files(REPO, "v1.0.0") == contents(released.root / "releases/1.0.0")
    assert hub.files(REPO, "v2.0.0").keys() < hub.files(REPO, "v1.0.0").keys()
    assert hub.sent["schema/annotation.schema.json"] == before == 1


MOMENTS = (
    "after store",
    *(
        pytest.param(moment, marks=pytest.mark.slow)
        for moment in ("after create", "before commit", "after commit", "before tag")
    ),
)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_run_again(released: Corpus, hub: Hub, moment: str) -> None:
    """What the hub has is not sent again, and there is no tag before the end."""
    process = started(released, hub)

    def kill(at: str) -> None:
        if at == moment:
            process.kill()
            process.wait()
            raise ConnectionAbortedError

    hub.at = kill
    assert ended(process).code == -signal.SIGKILL
    hub.at = lambda at: None
    if hub.repo(REPO).exists():
        assert not hub.tags(REPO)
    assert publish(released, hub, "1.0.0").code == 0
    assert hub.files(REPO, "v1.0.0") == contents(released.root / "releases/1.0.0")
    assert set(hub.stored.values()) == {1}
    assert set(hub.sent.values()) == {1}


def test_a_tag_that_is_there_is_refused(released: Corpus, hub: Hub) -> None:
    hub.create(REPO, public=True)
    hub.git(REPO, "tag", "v1.0.0")
    ran = publish(released, hub)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"corpus: {REPO} has the tag v1.0.0 already, and published releases are immutable\n"
    assert not [one for one in hub.asked if not one.startswith("GET ")]


@pytest.mark.slow
def test_what_does_not_arrive_is_not_tagged(released: Corpus, hub: Hub) -> None:
    """A hub keeps back what a .gitignore in the repository names, without a word."""
    hub.ignored = frozenset({"CITATION.cff"})
    ran = publish(released, hub)
    assert (ran.code, ran.out) == (2, "")
    assert "was pushed but not tagged: CITATION.cff" in ran.err
    assert not hub.tags(REPO)


@pytest.mark.slow
@pytest.mark.parametrize("public", [True, False])
def test_private_means_private(released: Corpus, hub: Hub, public: bool) -> None:
    if public:
        hub.create(REPO, public=True)
    ran = publish(released, hub, "--private")
    assert (ran.code, hub.public) == (2 if public else 0, public), ran.err
    if public:
        assert "exists and is public; nothing was pushed" in ran.err
        assert hub.files(REPO, "main") == {}


REFUSALS = ((0, "hf_broken\nSECRET"), (403, TOKEN), (404, TOKEN), (0, TOKEN))


@pytest.mark.parametrize(
    ("status", "token"),
    [
        (0, "hf_anotherSECRET"),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in REFUSALS),
    ],
    ids=["401", "no token", "403", "404", "no hub"],
)
def test_a_hub_that_refuses_is_told_in_one_line(released: Corpus, hub: Hub, status: int, token: str) -> None:
    """Also a hub that repeats the token in what it says."""
    hub.refuse = status
    address = "http://127.0.0.1:9" if (status, token) == (0, TOKEN) else hub.url
    ran = publish(released, hub, HF_TOKEN=token, HF_ENDPOINT=address)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("corpus: ")
    assert ran.err.count("\n") == 1
    assert not hub.repo(REPO).exists()


def test_a_damaged_release_is_not_pushed(released: Corpus, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    (released.root / "releases/1.0.0/README.md").write_text("Another card.\n")
    ran = released.run("publish", "--repo", REPO)
    assert ran.code == 1
    assert "1.0.0: README.md: SHA-256 is" in ran.out
    assert "nothing was published" in ran.err
    assert hub.asked == []


def test_what_is_asked_for_must_be_there(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert "no release in" in corpus.run("publish", "--repo", REPO).err
    assert "must be OWNER/NAME, not ''" in corpus.run("publish").err
    assert corpus.run("release", "1.0.0").code == 0
    assert "no release 1.0.1 in" in corpus.run("publish", "1.0.1", "--repo", REPO).err
    assert "must be OWNER/NAME" in corpus.run("publish", "--repo", "name").err
    corpus.write("pyproject.toml", f'[tool.corpus]\nhub = "{REPO}"\n')
    ran = corpus.run("publish")
    assert (ran.code, ran.out) == (2, "")
    assert f"set the environment variable HF_TOKEN to a Hugging Face token with write access to {REPO}" in ran.err
