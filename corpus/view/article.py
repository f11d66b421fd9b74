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
    off = {f"-l{one.number}": f".{one.css}" for one in roles if one.kind != "owner"}
    off |= {"-lf": ".f", **{f"-p{one}": f".P{one}" for one in range(1, comparisons + 1)}}
    chosen = ",".join(f"body:not(:has(#{box}:checked)) article {css}" for box, css in off.items())
    lists = ",".join(f"body:not(:has(#-p{one}:checked)) nav .P{one}" for one in range(1, comparisons + 1))
    hidden = f":is({chosen}):is(li,div,.ref)" + f",{lists}" * bool(lists)
    return Markup(
        f":is({chosen}):not(li){{background:none!important;border-color:transparent!important;"
        "text-decoration:none!important;font-weight:inherit!important;outline:0!important}"
        f":is({chosen})::before,:is({chosen})::after{{content:none!important}}"
        f"{hidden}{{display:none}}\n"
    )
