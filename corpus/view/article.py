"""An article's page as HTML."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from ..core.schema import Schema
from .environment import render, top
from .page import Page
from .roles import Role, roles_of

STYLES, SCRIPTS = ("view.css",), ("view.js",)
TOGGLES = "toggles.css"
"""The name in static/ of the style that `toggles` returns."""


def article_html(page: Page, address: str | None = None) -> str:
    """Return the page as HTML.

    `address` is its place in a site, whose style and script it uses; without one, the page needs no other file.
    """
    up = None if address is None else top(address)
    return render(
        "article.html",
        page=page,
        others=[(name, f"{up or ''}{href}") for name, href in page.others],
        top=up,
        home=None if up is None else f"{up}index.html",
        toggles=toggles((one.role for one in page.layers), len(page.comparisons)) if up is None else None,
        styles=STYLES if up is None else (*STYLES, TOGGLES),
        scripts=SCRIPTS,
    )


def site_toggles(schema: Schema, annotators: int) -> str:
    """Return the style of a site in which each page may compare so many annotators with each other."""
    return toggles(roles_of(schema).values(), annotators * (annotators - 1) // 2)


def toggles(roles: Iterable[Role], comparisons: int) -> Markup:
    """Return the style that hides the layers, findings and comparisons that are not chosen, without a script."""
    boxes = {f"-l{one.number}": f"article .{one.css}" for one in roles if one.kind != "owner"}
    boxes |= {"-lf": "article .f"}
    boxes |= {f"-p{one}": f":is(article,nav) .P{one}" for one in range(1, comparisons + 1)}
    off = ",".join(f"body:not(:has(#{box}:checked)) {css}" for box, css in boxes.items())
    return Markup(
        f":is({off}){{&:not(li){{background:none!important;border-color:transparent!important;"
        "text-decoration:none!important;font-weight:inherit!important;outline:0!important}"
        "&::before,&::after{content:none!important}&:is(li,div,section,.ref){display:none}}\n"
    )
