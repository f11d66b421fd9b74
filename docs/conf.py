"""Configure the documentation site, which Sphinx builds: `sphinx-build -W --keep-going -c docs . site`.

Sphinx reads the files of the repository in place. Every page is the file that GitHub shows, and links work in both.
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
        "docs/from-your-tool",
        "docs/formats",
        "docs/viewing",
        "docs/agreement",
        "docs/benchmark",
        "docs/submissions",
        "docs/releases",
        "docs/from-1.0-to-2.0",
        "docs/scale",
    ],
    "Reference": [
        "docs/cli",
        "docs/api",
        "docs/rules",
        "docs/reliability",
        "schema/README",
        "schema/GUIDELINES",
        "Dataset card <DATASET_CARD>",
    ],
    "Project": ["CONTRIBUTING", "CHANGELOG"],
}
"""The pages of the navigation, besides the README. The build fails if a page is missing here."""

include_patterns = ["*.md", "docs/*.md", "schema/*.md"]
exclude_patterns = [".*", "build", "corpus", "examples", "raw", "annotations", "releases", "site", "tests"]

myst_heading_anchors = 3
smartquotes = False  # `--since` is an option, and not a dash
suppress_warnings = ["misc.highlighting_failure"]  # the output of a command has no language
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
highlight_language = "none"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("copy.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Add the navigation, which GitHub does not need, and the index page."""
    app.connect("source-read", _with_tables)
    app.connect("source-read", _without_front_matter)
    app.connect("source-read", _with_navigation)
    app.connect("build-finished", _with_index)


def _with_tables(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the card of the last build in the place of its prose, which has no tables yet."""
    card = Path(app.srcdir, "build", "README.md")
    if name == "DATASET_CARD" and card.is_file():
        source[0] = card.read_text("utf-8")


def _without_front_matter(app: Sphinx, name: str, source: list[str]) -> None:
    """Remove the front matter of the card, which is for Hugging Face."""
    if source[0].startswith("---\n"):
        source[0] = source[0].split("\n---\n", 1)[1]


def _with_navigation(app: Sphinx, name: str, source: list[str]) -> None:
    """Append the navigation to the root page."""
    if name == root_doc:
        for caption, pages in PAGES.items():
            listed = "\n".join(pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def _with_index(app: Sphinx, error: Exception | None) -> None:
    """Copy the root page to index.html, which web servers show for a directory."""
    if error is None and app.builder.name == "html":
        shutil.copyfile(Path(app.outdir, f"{root_doc}.html"), Path(app.outdir, "index.html"))
