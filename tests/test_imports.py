"""The house rules: who may import whom, no circle, no long file, and nothing that happens at import."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from corpora import Corpus

PACKAGE = Path(__file__).resolve().parent.parent / "corpus"
LINES = 400

MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "tokens": set(),
    "places": {"model"},
    "schema": {"model"},
    "settings": {"model"},
    "report": {"fingerprint", "model", "places"},
    "outputs": {"report", "waivers", "files", "model"},
    "files": {"model", "schema", "places"},
    "near": set(),
    "splits": {"model", "near", "settings"},
    "checks": {"model", "schema", "places", "near", "splits"},
    "tables": {"model", "schema", "tokens"},
    "fingerprint": {"model"},
    "tomlfile": {"model"},
    "exceptions": {"model", "fingerprint", "tomlfile"},
    "baseline": {"model", "fingerprint", "tomlfile"},
    "waivers": {"model", "checks", "exceptions", "baseline", "fingerprint"},
    "waiver_verbs": {
        *("model", "schema", "files", "places", "checks", "settings", "report", "pipeline"),
        *("exceptions", "baseline", "waivers", "fingerprint"),
    },
    "released": {"model", "settings"},
    "cache": {"checks", "model", "schema", "waivers"},
    "changes": {"files", "model"},
    "pipeline": {"cache", "files", "checks", "tables", "model", "schema", "waivers", "places", "released"},
    "hard_cases": set(),
    "release": {
        "attachment",
        "agreement",
        "hard_cases",
        "pipeline",
        "released",
        "waivers",
        "tables",
        "files",
        "schema",
        "settings",
        "model",
    },
    "release_verbs": {
        *(
            "files",
            "hub",
            "model",
            "pipeline",
            "places",
            "release",
            "released",
            "report",
            "schema",
            "settings",
            "waivers",
        ),
    },
    "diff": {"places"},
    "rewriting": {"files", "diff"},
    "splitting": {"files", "model", "rewriting", "schema"},
    "split_verbs": {
        *("cache", "checks", "files", "model", "pipeline", "places", "report", "rewriting", "schema", "settings"),
        *("splits", "splitting", "waivers"),
    },
    "formatter": {"files", "checks", "model", "schema", "rewriting"},
    "fixes": {"files", "checks", "model", "schema", "rewriting"},
    "attachment_verbs": {"attachment", "model", "pipeline", "places", "release", "schema", "settings"},
    "attachment": {"files", "checks", "model", "schema"},
    "formats": {"model", "schema", "files", "places", "checks", "settings", "tables", "tokens"},
    "format_verbs": {"formats", "model", "places", "report", "settings", "tomlfile"},
    "labelstudio": {"model", "schema", "files", "places", "checks"},
    "labelstudio.verbs": {"model", "schema", "files", "places", "checks", "report", "settings", "labelstudio"},
    "agreement": {"model", "schema", "files", "report", "tokens"},
    "adjudication": {"agreement", "checks", "files", "model", "places", "schema"},
    "agreement_verbs": {"agreement", "adjudication", "model", "report", "schema", "settings"},
    "guidelines": {"schema"},
    "starting": {"guidelines", "model", "schema"},
    "adding": {"files", "model", "schema"},
    "starting_verbs": {"adding", "files", "guidelines", "model", "places", "schema", "settings", "starting"},
    "hub": {"model"},
    "loading": {"hub", "model", "release", "settings", "waivers"},
    "__init__": {"loading"},
    "__main__": {"cli"},
}
"""Each part of the package (a module, or a folder of them) and the parts it may import; `cli` may import all."""

HEAVY = (
    "pyarrow",
    "numpy",
    "datasets",
    "pandas",
    "jsonschema_rs",
    "sentencex",
    "regex",
    "rensa",
    "yaml",
    "orjson",
    "tqdm",
    "huggingface_hub",
    "spacy",
    "cassis",
    "lxml",
)
"""What `corpus --help` must not wait for."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module, such as corpus.files.read."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for path in MODULES}


def part_of(module: str) -> str:
    """The part of the package that a module belongs to: files for corpus.files.read."""
    parts = module.split(".")
    if module == "corpus.labelstudio.verbs":
        return "labelstudio.verbs"
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path, at_import: bool = False) -> set[str]:
    """The modules of the package that a module imports; with `at_import` only those that its own import waits for."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    found: set[str] = set()
    for node in nodes(ast.parse(path.read_bytes()), at_import):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.split(".")[0] == "corpus")
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            if module.split(".")[0] == "corpus":
                for alias in node.names:
                    inner = f"{module}.{alias.name}"
                    found.add(inner if inner in NAMES else module)
    return found


def nodes(tree: ast.AST, at_import: bool) -> list[ast.AST]:
    """The nodes of a module; with `at_import` those outside of functions and of what is only for type checkers."""
    if not at_import:
        return list(ast.walk(tree))
    found: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or for_type_checkers(node):
            continue
        found += [node, *nodes(node, True)]
    return found


def for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@pytest.mark.parametrize("module", NAMES)
def test_a_module_imports_only_what_its_part_may(module: str) -> None:
    part = part_of(module)
    if part == "cli":
        return
    assert part in MAY_IMPORT, f"{module} belongs to no part of the table"
    others = {part_of(other) for other in imports(NAMES[module])} - {part}
    assert others <= MAY_IMPORT[part], f"{module} may not import {', '.join(sorted(others - MAY_IMPORT[part]))}"


def test_the_table_names_only_what_there_is() -> None:
    assert MAY_IMPORT.keys() <= {part_of(module) for module in NAMES}


def test_parts_form_no_circle() -> None:
    parts: dict[str, set[str]] = {part_of(module): set() for module in NAMES}
    for module, path in NAMES.items():
        parts[part_of(module)] |= {part_of(other) for other in imports(path)} - {part_of(module)}
    assert list(TopologicalSorter(parts).static_order())


def test_modules_form_no_circle() -> None:
    """Within a part too; a package's `__init__`, which gathers its modules, is a module like any other."""
    graph = {module: imports(path, at_import=True) - {module} for module, path in NAMES.items()}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_file_is_long(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LINES, f"{lines} lines: cut it where it says two things"


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__main__.py"], ids=name_of)
def test_a_module_only_defines(path: Path) -> None:
    """Imports, functions, classes, constants and their docstrings; no loop, no branch, no call for its effect."""
    for node in ast.parse(path.read_bytes()).body:
        defines = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        constant = isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assert isinstance(node, defines) or constant or docstring or for_type_checkers(node), (
            f"line {node.lineno} does something at import"
        )


_WATCH = """
import sys
def load(name):
    try:
        __import__(name)
    except ModuleNotFoundError as error:  # an optional dependency that is not installed here
        if error.name.split(".")[0] == "corpus":
            raise
for name in {third}:
    load(name)
seen = []
def watch(event, args):
    if event == "open" and not str(args[0]).endswith((".py", ".pyc")) and "__pycache__" not in str(args[0]):
        seen.append((event, str(args[0])))
    if event.split(".")[0] in ("socket", "subprocess", "shutil", "tempfile", "urllib") or event in (
        "os.system", "os.mkdir", "os.rename", "os.remove", "os.putenv", "os.chdir", "os.exec", "os.fork",
    ):
        seen.append((event, str(args)))
sys.addaudithook(watch)
for name in {modules}:
    load(name)
print(seen)
"""


def test_importing_touches_nothing() -> None:
    """No file is opened, nothing is started or made, however much is imported."""
    modules = [module for module in NAMES if module != "corpus.__main__"]
    code = _WATCH.replace("{third}", repr(third_party())).replace("{modules}", repr(modules))
    found = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
    assert found.stderr == ""


def third_party() -> list[str]:
    """What the modules import at their own import from elsewhere."""
    found: set[str] = set()
    for path in MODULES:
        for node in nodes(ast.parse(path.read_bytes()), at_import=True):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module)
    return sorted(name for name in found if name.split(".")[0] != "corpus")


@pytest.mark.parametrize("module", ["corpus", "corpus.cli", "corpus.model", "corpus.loading", "corpus.settings"])
def test_light_modules_wait_for_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_help_waits_for_nothing_heavy() -> None:
    code = f"""
import sys
from corpus.cli import main
try:
    main(["--help"])
except SystemExit:
    print([name for name in {HEAVY!r} if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.endswith("\n[]\n")


def test_validate_does_not_wait_for_pandas(corpus: Corpus) -> None:
    """Arrow loads it, a third of a second, when it is handed a Python value to convert."""
    code = f"""
import sys
from corpus.cli import main
main(["--root", {str(corpus.root)!r}, "validate", {str(corpus.root / "raw")!r}])
print("pandas" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("False\n", "no findings in 2 documents\n")
