"""The documents say what is so: their commands and examples are run, their tables and links are held.

A ```console block holds commands behind `$ ` and below each what it prints, stdout and stderr together. A ```text
block right behind a ```python block is what that prints. A line `…` stands for any lines. A block with `file=NAME`
behind its language is written to that file, and one with `add-here=FIELD` goes into the schema, as a reader does it in
an editor. `cd` holds for the blocks that follow. Each document is run in a copy of the repository with a build, from
its first block to its last.

After a change of a message, the schema or the data, `pytest tests/project/test_docs.py --golden` writes what is shown,
docs/rules.md and the tables of docs/formats.md anew; read the diff.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.corpora import CHECKED, REPOSITORY, VIEWED, Ran
from support.planted import section
from support.shell import Shell

from corpus.checks.suppress.suppressions import all_rules
from corpus.cli.main import main
from corpus.core.schema import Schema
from corpus.edit.guidelines import with_tables, without_table
from corpus.formats import FORMATS
from corpus.report import RuleInfo

DOCUMENTS = (
    "CONTRIBUTING.md",
    "DATASET_CARD.md",
    "docs/submissions.md",
    "docs/viewing.md",
    "docs/benchmark.md",
    "docs/releases.md",
    "docs/from-1.0-to-2.0.md",
    "docs/your-own-corpus.md",
    "docs/api.md",
    "docs/formats.md",
    "docs/from-your-tool.md",
    "docs/reliability.md",
    "docs/scale.md",
    "README.md",
    "docs/agreement.md",
    "schema/README.md",
)
"""Those that change the schema or annotations come last, so that what the others run is not run again."""
LINKED = (*DOCUMENTS, "schema/GUIDELINES.md", "CHANGELOG.md", "docs/rules.md", "docs/cli.md")
GUIDELINES = REPOSITORY / "schema" / "GUIDELINES.md"
RULES = REPOSITORY / "docs" / "rules.md"
FORMATS_PAGE = REPOSITORY / "docs" / "formats.md"

SETUP = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e "
SOURCE = "git+https://github.com/OWNER/on-the-record@COMMIT"
SKIPPED = {
    f"{SETUP}'.[test]' && .venv/bin/pytest": "it would run this test; .ci/run takes it from the README",
    ". .venv/bin/activate": "the tests have an environment",
    "corpus attach 000_1a148ceac667d117 --text ../my-copy.txt": "needs a text that may not be passed on",
    "corpus build --with-attached --out ../build-private": "needs a text that may not be passed on",
    "corpus attach --release releases/1.0.0 --texts ../my-texts --out ../1.0.0-with-texts": "needs such texts too",
    "git clone https://github.com/amir-zeldes/gum ../gum && git -C ../gum checkout 72ce5ac": "needs the network",
    "corpus attach --from conllu ../gum/dep/GUM_news_*.conllu": "tests/edit/test_attach_conllu.py does it",
    "corpus attach --release 2.0.0 --from conllu ../gum/dep/GUM_news_*.conllu --out ../real-news": "needs GUM",
    "corpus release 2.0.0": "the next release, which is not made by a test",
    "corpus release 2.0.0 --notes docs/from-1.0-to-2.0.md": "the next release, which is not made by a test",
    "corpus diff 1.0.0": "test_releases.py and test_withheld.py do it; it would build all documents again",
    "corpus --root ../partitions build --out ../of-partitions": "tests/pipeline/test_repartition.py does it with fewer",
    "corpus twin --split test": "tests/edit/test_twins.py makes those of this repository",
    "python examples/quotes.py": "tests/project/test_examples.py does it",
    "HF_TOKEN=… corpus publish 1.0.0 --repo OWNER/NAME": "needs a hub; tests/release/test_publish.py has one",
    "corpus import german-news german-news-quotation-attribution-2024/data --into german-news": "needs others' corpus",
    "corpus --root german-news validate": "needs others' corpus",
    f"pip install 'on-the-record[agreement,load] @ {SOURCE}'": "the tests have an environment",
    "sphinx-build -W --keep-going -c docs . site": "tests/project/test_site.py does it",
    "git add --all": "the copy is no repository",
    ".ci/run": "it would run this test",
    "pytest": "it would run this test",
    "pytest --cov --cov-report=term-missing:skip-covered": "it would run this test",
    "ON_THE_RECORD_KILLS=50 pytest tests/project/test_kills.py": "takes minutes, and runs by itself",
    "pytest tests/project/test_docs.py --golden": "it would run this test",
    "pytest tests/checks/test_cases.py --golden": "runs by itself",
    "pytest tests/checks/test_planted.py --golden": "runs by itself",
    "pytest tests/report/test_reports.py --golden": "runs by itself",
    "pytest tests/project/test_site.py --golden": "runs by itself",
    "ruff check": ".ci/run does it",
    "ruff format": ".ci/run does it",
    "mypy": ".ci/run does it",
}
"""Commands of the documents that are not run here, and why."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language with what stands behind it, its text, and where that begins and ends."""

    info: str
    body: str
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    fences = re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(fence[1], fence[2], fence.start(2), fence.end(2)) for fence in fences]


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console block with what is shown below it."""
    for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def all_commands() -> list[str]:
    texts = [(REPOSITORY / name).read_text("utf-8") for name in DOCUMENTS]
    return [c for text in texts for block in blocks(text) if block.info == "console" for c, _ in commands(block)]


def is_shown(shown: str, printed: str) -> bool:
    parts = (re.escape(part) for part in re.split(r"^…\n", shown, flags=re.MULTILINE))
    return re.fullmatch("(?:.*\n)*?".join(parts), printed) is not None


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, built_corpus: Path, checked: dict[str, Ran], site: Path) -> Path:
    """A copy of the repository with a build and a site, to be changed; `LAST` has what was run to make it."""
    root = shutil.copytree(built_corpus, tmp_path_factory.mktemp("docs") / "repository")
    shutil.copytree(site, root / "site")
    printed = {f"corpus {command}": ran.out + ran.err for command, ran in checked.items()}
    printed["corpus build"] = built_corpus.with_suffix(".said").read_text("utf-8")
    printed[VIEW] = site.with_suffix(".said").read_text("utf-8")
    begun = state(root)
    LAST.update({(command, root.resolve()): (begun, printed[command]) for command in ONCE})
    return root


@pytest.fixture
def shell(built: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in the copy, with the cache of `datasets` beside it."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", built.parent / "datasets")
    return Shell(built)


def run_document(text: str, shell: Shell) -> str:
    """The text with each shown output that is wrong replaced by what was printed."""
    out, at, printed = [], 0, ""
    for block in blocks(text):
        body = block.body
        if block.info == "console":
            body = "".join(f"$ {line}\n{run_command(line, shown, shell)}" for line, shown in commands(block))
        elif block.info == "python":
            printed = shell.python(body)
        elif " file=" in block.info:
            file = shell.root / block.info.partition(" file=")[2]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body, "utf-8")
        elif block.info.startswith("json add-here="):
            path = shell.root / "schema" / "annotation.schema.json"
            schema = json.loads(path.read_text("utf-8"))
            add(schema, block.info.removeprefix("json add-here="), json.loads(body))
            path.write_text(json.dumps(schema), "utf-8")
        elif block.info == "text" and re.search(r"```\n\n```text\n\Z", text[: block.start]) and printed:
            body = body if is_shown(body, printed) else printed
        if block.info != "python":
            printed = ""
        out += [text[at : block.start], body]
        at = block.end
    return "".join(out) + text[at:]


def run_command(line: str, shown: str, shell: Shell) -> str:
    if line in SKIPPED:
        return shown
    printed = run_once(line.removeprefix(f"{SETUP}'.[agreement,load]' && .venv/bin/"), shell)
    if line.startswith(SETUP):
        return shown
    return shown if is_shown(shown, printed) else printed


VIEW = f"corpus {VIEWED} --out site"
ONCE = ("corpus build", VIEW, *(f"corpus {command}" for command in CHECKED))
"""Commands of several documents that print the same, and leave the same, as long as nothing changes."""
LAST: dict[tuple[str, Path], tuple[str, str]] = {}
"""(command, folder) → the state after it, and what it printed."""


def run_once(line: str, shell: Shell) -> str:
    """Run a command, or return what it printed before if it is one of `ONCE` and no file has other bytes since."""
    if line not in ONCE:
        return shell.command(line)
    key = line, shell.root.resolve()
    last, printed = LAST.get(key, ("", ""))
    if state(shell.root) != last:
        printed = shell.command(line)
        LAST[key] = state(shell.root), printed
    return printed


def state(root: Path) -> str:
    """A checksum of the paths and bytes of all files that a build reads or writes."""
    inside = (root / name for name in ("raw", "annotations", "schema", "build", "releases", "pyproject.toml"))
    paths = [*root.glob("*.md"), *root.glob("*.cff"), *(one for path in inside for one in (path, *path.rglob("*")))]
    found = sha256()
    for path in sorted(paths):
        if path.is_file():
            found.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_and_examples_do_what_is_shown(name: str, shell: Shell, request: pytest.FixtureRequest) -> None:
    document = REPOSITORY / name
    text = document.read_text("utf-8")
    done = run_document(text, shell)
    if request.config.getoption("--golden"):
        document.write_text(done, "utf-8")
    assert document.read_text("utf-8") == done


def test_every_skipped_command_is_in_a_document() -> None:
    assert SKIPPED.keys() <= set(all_commands())


def test_setup_commands_are_those_that_are_tested() -> None:
    setups = [command for command in all_commands() if "-m venv" in command]
    assert setups == [f"{SETUP}'.[agreement,load]' && .venv/bin/corpus build", f"{SETUP}'.[test]' && .venv/bin/pytest"]
    script = (REPOSITORY / ".ci" / "run").read_text("utf-8")
    pattern = re.search(r"sed -n 's/(.*)/\\1/p' README\.md", script)
    assert pattern is not None
    expression = pattern[1].replace(r"\(", "(").replace(r"\)", ")")
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    assert re.findall(expression, readme, re.MULTILINE) == [setups[1]]
    assert ".ci/run" in (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text("utf-8")


def test_every_verb_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    verbs = re.findall(r"^  ([a-z]+) {2,}\S", capsys.readouterr().out, re.MULTILINE)
    assert {"validate", "build", "fmt", "rule"} <= set(verbs)
    used = {word for command in all_commands() for word in command.split()}
    assert set(verbs) <= used


def test_guidelines_have_the_labels_of_the_schema() -> None:
    schema = Schema.read(REPOSITORY)
    text = GUIDELINES.read_text("utf-8")
    assert with_tables(text, schema) == text, "run `corpus guidelines`"
    assert without_table(text, schema) == []
    headings = {heading.lower() for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert {layer.title.lower() for layer in schema.layers.values()} <= headings


def rules_page() -> str:
    """All checks in a table, then the page of each."""
    lines = [
        "# The checks",
        "",
        "Written from the checks by `pytest tests/project/test_docs.py --golden`. "
        "`corpus rule CODE` shows one of these pages.",
        "",
        "| code | name | severity | about | finding |",
        "|---|---|---|---|---|",
    ]
    for check in all_rules():
        link = f"[{check.code}](#{check.code.lower()}-{check.name})"
        message = check.message.replace("|", "\\|")
        lines.append(f"| {link} | {check.name} | {check.severity} | {getattr(check, 'about', 'corpus')} | {message} |")
    lines += ["", "## Planted faults", "", f"<!-- planted -->\n{section()}<!-- end -->"]
    for check in all_rules():
        rule = RuleInfo(check.code, check.name, check.severity, check.message, check.page, check.advice)
        lines += ["", f"## {check.code} {check.name}", "", f"{check.message}. ({check.severity})", "", rule.markdown]
    return "\n".join(lines) + "\n"


def test_rules_are_those_of_the_code(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--golden"):
        RULES.parent.mkdir(exist_ok=True)
        RULES.write_text(rules_page(), "utf-8")
    assert RULES.read_text("utf-8") == rules_page()


def formats_table() -> str:
    """The formats, and what each leaves out."""
    rows = [
        (
            f"`{name}`",
            of.description,
            "yes" if of.reads else "no",
            "yes" if of.writes else "no",
            ", ".join(f"`{layer}`" for layer in of.layers) or "its own",
        )
        for name, of in FORMATS.items()
    ]
    lines = ["", "| format | what it is | read | written | layers |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", "What an import and an export carry and drop, and with which files that was verified:", ""]
    lines += ["| format | direction | carried | dropped | verified with |", "|---|---|---|---|---|"]
    for name, of in FORMATS.items():
        for direction, said in of.directions.items():
            lines.append(f"| `{name}` | {direction} | {said.carried} | {said.dropped} | {said.verified} |")
    for name, of in FORMATS.items():
        if of.leaves_out:
            lines += ["", f"`{name}` leaves out:", "", "| what | why |", "|---|---|"]
            lines += [f"| {what} | {why} |" for what, why in of.leaves_out]
    return "\n".join([*lines, "", ""])


def test_formats_are_those_of_the_code(request: pytest.FixtureRequest) -> None:
    text = FORMATS_PAGE.read_text("utf-8")
    marker = re.compile(r"(<!-- generated:formats -->\n)(.*?)(<!-- end -->)", re.DOTALL)
    assert len(marker.findall(text)) == 1
    done = marker.sub(lambda found: f"{found[1]}{formats_table()}{found[3]}", text)
    if request.config.getoption("--golden"):
        FORMATS_PAGE.write_text(done, "utf-8")
    assert FORMATS_PAGE.read_text("utf-8") == done


def test_additions_of_the_schema_readme_need_no_python(
    few_built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "corpus"
    shutil.copytree(few_built, root)
    path = root / "schema" / "annotation.schema.json"
    schema = json.loads(path.read_text("utf-8"))
    added = 0
    for block in blocks((REPOSITORY / "schema" / "README.md").read_text("utf-8")):
        if block.info.startswith("json add="):
            add(schema, block.info.removeprefix("json add="), json.loads(block.body))
            added += 1
        elif block.info.startswith("json condition="):
            items = schema["properties"][block.info.removeprefix("json condition=")]["items"]
            items["conditions"].append(json.loads(block.body))
            added += 1
    assert added == 4
    path.write_text(json.dumps(schema), "utf-8")
    assert main(["--root", str(root), "build"]) == 0
    front = yaml.safe_load((root / "build" / "README.md").read_text("utf-8").split("---\n")[1])
    columns = {feature["name"]: feature for feature in features(front, "quotes")}
    assert "sign" in columns["medium"]["dtype"]["class_label"]["names"].values()
    assert list(columns["certainty"]["dtype"]["class_label"]["names"].values()) == ["sure", "doubtful"]
    assert columns["overheard_by"]["list"] == "string"
    assert "figures" in {feature["name"] for feature in features(front, "documents")}
    figure = {"id": "f1", "spans": [{"start": 0, "end": 7, "text": "Barrage"}], "value": 1.5, "quote": "nowhere"}
    gold = root / "annotations" / "gold" / "barrage-hearing-delay.json"
    value = json.loads(gold.read_text("utf-8"))
    value["layers_done"].append("figures")
    gold.write_text(json.dumps(value | {"figures": [figure]}), "utf-8")
    assert main(["--root", str(root), "validate", "--least", "error"]) == 1
    assert [line.split()[2] for line in capsys.readouterr().out.splitlines() if ": error " in line] == ["R402"]
    gold.write_text(json.dumps(value | {"figures": [figure | {"quote": value["quotes"][0]["id"]}]}), "utf-8")
    assert main(["--root", str(root), "validate", "--least", "error"]) == 0


def add(schema: dict[str, Any], where: str, what: dict[str, Any]) -> None:
    """Put a label into a field (`layer.field`), fields into a layer, or layers into the schema ("")."""
    layer, _, field = where.partition(".")
    if field:
        schema["properties"][layer]["items"]["properties"][field]["oneOf"].append(what)
    elif layer:
        schema["properties"][layer]["items"]["properties"] |= what
    else:
        schema["properties"] |= what


def features(front: dict[str, Any], config: str) -> list[dict[str, Any]]:
    return next(info["features"] for info in front["dataset_info"] if info["config_name"] == config)


def test_card_has_an_example_for_each_config(built: Path) -> None:
    front = yaml.safe_load((built / "build" / "README.md").read_text("utf-8").split("---\n")[1])
    loaded = re.findall(r'load_dataset\("\./build", "(\w+)"', (REPOSITORY / "DATASET_CARD.md").read_text("utf-8"))
    assert sorted(loaded) == sorted(config["config_name"] for config in front["configs"])


def test_card_front_matter_has_allowed_values() -> None:
    front = yaml.safe_load((REPOSITORY / "DATASET_CARD.md").read_text("utf-8").split("---\n")[1])
    allowed = resources.files("datasets.utils.resources")
    creators = json.loads((allowed / "creators.json").read_text("utf-8"))
    assert set(front["annotations_creators"]) <= set(creators["annotations"])
    assert set(front["language_creators"]) <= set(creators["language"])
    assert set(front["multilinguality"]) <= json.loads((allowed / "multilingualities.json").read_text("utf-8")).keys()
    assert set(front["language"]) <= json.loads((allowed / "languages.json").read_text("utf-8")).keys()
    assert front["license"] == "cc-by-4.0"
    assert front["pretty_name"]


def test_versions_agree() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text("utf-8"))
    version = project["tool"]["corpus"]["version"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert str(citation["version"]) == version == project["project"]["version"]
    assert f"## [{version}]" in (REPOSITORY / "CHANGELOG.md").read_text("utf-8")
    assert f"\n- {version}: " in (REPOSITORY / "DATASET_CARD.md").read_text("utf-8")


def test_the_card_counts_the_faults_of_the_baseline() -> None:
    baseline = tomllib.loads((REPOSITORY / "annotations" / "baseline.toml").read_text("utf-8"))["finding"]
    card = (REPOSITORY / "DATASET_CARD.md").read_text("utf-8").replace("\n", " ")
    assert f"found {len(baseline)} faults, listed in `annotations/baseline.toml`" in card
    in_gold = sum(one["annotator"] == "gold" for one in baseline)
    assert f"{('None', 'One', 'Two', 'Three', 'Four', 'Five')[in_gold]} are in gold" in card


def test_constraints_pin_every_dependency() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    (own,) = (one for one in extras["test"] if one.startswith(f"{project['name']}["))
    used = own.partition("[")[2].rstrip("]").split(",")
    wanted = [*project["dependencies"], *(one for extra in ("test", *used) for one in extras[extra] if one != own)]
    lines = (REPOSITORY / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in pins)
    pinned = {normal(pin) for pin in pins}
    assert {normal(one) for one in wanted} <= pinned
    assert normal(project["name"]) not in pinned


def normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def test_readme_lists_what_is_there() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    listing = next(b.body for b in blocks(readme) if b.info == "text" and b.body.startswith("raw/"))
    names = {line.split()[0].rstrip("/") for line in listing.splitlines()}
    there = {path.name for path in REPOSITORY.iterdir() if not path.name.startswith(".") and any_file(path)}
    ignored = {"README.md", "build", "dist", "site"}
    assert names - {"build"} == there - ignored


def any_file(path: Path) -> bool:
    return path.is_file() or any(path.iterdir())


def test_rules_that_are_named_exist() -> None:
    for name in ("README.md", "schema/README.md", "schema/GUIDELINES.md", "DATASET_CARD.md"):
        named = re.findall(r"\b[FSPRQTECX][1-6][0-9]{2}\b", (REPOSITORY / name).read_text("utf-8"))
        assert set(named) <= {rule.code for rule in all_rules()}


@pytest.mark.parametrize("name", LINKED)
def test_links_lead_somewhere(name: str) -> None:
    document = REPOSITORY / name
    text = document.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            file = document.parent / path if path else document
            assert file.exists(), target
            assert not anchor or anchor in anchors(file.read_text("utf-8")), target


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
