"""The house rules: who may import whom, no circle, no long file, and nothing that happens at import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from support.corpora import Corpus

PACKAGE = Path(__file__).resolve().parent.parent.parent / "corpus"
LINES = 400

ROOMS = {
    *(
        "agreement",
        "checks",
        "cli",
        "columns",
        "core",
        "edit",
        "files",
        "formats",
        "labelstudio",
        "matching",
        "pipeline",
    ),
    *("release", "report", "score", "splits", "view"),
}

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


def test_rooms_import_downward_and_no_module_imports_in_a_circle() -> None:
    """The contracts are in pyproject.toml; `lint-imports` explains a broken one."""
    found = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")], cwd=PACKAGE.parent, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout


def test_the_package_has_rooms_and_three_files() -> None:
    listed = {path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert listed == ROOMS | {"__init__.py", "__main__.py", "py.typed"}


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


@pytest.mark.parametrize(
    "module", ["corpus", "corpus.cli.main", "corpus.core.model", "corpus.release.load", "corpus.core.settings"]
)
def test_light_modules_wait_for_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_help_waits_for_nothing_heavy() -> None:
    code = f"""
import sys
from corpus.cli.main import main
main(["--help"])
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.endswith("\n[]\n")


def test_validate_does_not_wait_for_pandas(corpus: Corpus) -> None:
    """Arrow loads it, a third of a second, when it is handed a Python value to convert."""
    code = f"""
import sys
from corpus.cli.main import main
main(["--root", {str(corpus.root)!r}, "validate", {str(corpus.root / "raw")!r}])
print("pandas" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("False\n", "no findings in 2 documents\n")
