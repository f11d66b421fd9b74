"""The site of the documents, made by Sphinx: `sphinx-build -W --keep-going -c docs . site`.

The source is the repository as it lies: every page is the very file that is read on GitHub, and a link between two of
them works in both places.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

project = "On the Record"
copyright = "2026, On the Record contributors"
html_title = project
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "README"

PAGES = {
    "Guides": [
        "docs/your-own-corpus",
        "docs/label-studio",
        "docs/formats",
        "docs/agreement",
        "docs/submissions",
        "docs/releases",
    ],
    "Reference": [
        "docs/cli",
        "docs/api",
        "docs/rules",
        "schema/README",
        "schema/GUIDELINES",
        "Dataset card <DATASET_CARD>",
    ],
    "Project": ["CONTRIBUTING", "CHANGELOG"],
}
"""The pages beside the README, as the navigation has them; a page that is missing here fails the build."""

include_patterns = ["*.md", "docs/*.md", "schema/*.md"]
exclude_patterns = [".*", "build", "corpus", "examples", "raw", "annotations", "releases", "site", "tests"]

myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]  # what a command prints need not be of any language
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
highlight_language = "none"

html_theme = "furo"
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Add the navigation, which GitHub does without, and the page that a folder opens with."""
    app.connect("source-read", _without_front_matter)
    app.connect("source-read", _with_navigation)
    app.connect("build-finished", _with_index)


def _without_front_matter(app: Sphinx, name: str, source: list[str]) -> None:
    """That of the card is for Hugging Face."""
    if source[0].startswith("---\n"):
        source[0] = source[0].split("\n---\n", 1)[1]


def _with_navigation(app: Sphinx, name: str, source: list[str]) -> None:
    if name == root_doc:
        for caption, pages in PAGES.items():
            listed = "\n".join(pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def _with_index(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        shutil.copyfile(Path(app.outdir, f"{root_doc}.html"), Path(app.outdir, "index.html"))
