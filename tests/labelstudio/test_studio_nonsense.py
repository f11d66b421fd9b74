"""Annotations that make no sense, all of which the server stores with 201: each is quarantined, and nothing else is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from support.desk import DOCUMENTS, Desk
from support.proxy import Proxy
from support.studio import Studio, User

pytestmark = pytest.mark.label_studio


def _region(task: dict[str, Any], label: str = "mentions:NAM") -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A copy of a task's prediction, and a region in it."""
    result = json.loads(json.dumps(task["predictions"][0]["result"]))
    found = next(one for one in result if one.get("value", {}).get("labels") == [label])
    return result, found


def _moved(**value: Any) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    def change(task: dict[str, Any]) -> list[dict[str, Any]]:
        result, region = _region(task)
        region["value"].update(value)
        return result

    return change


def _on_region(**more: Any) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    def change(task: dict[str, Any]) -> list[dict[str, Any]]:
        result, region = _region(task)
        region.update(more)
        return result

    return change


def _same_id(task: dict[str, Any]) -> list[dict[str, Any]]:
    result, region = _region(task)
    other = next(one for one in result if one.get("value", {}).get("labels") and one["id"] != region["id"])
    return [*result, {**other, "id": region["id"]}]


def _dangling(task: dict[str, Any]) -> list[dict[str, Any]]:
    result, region = _region(task, "quotes:direct")
    more = {"type": "relation", "from_id": region["id"], "to_id": "nowhere", "direction": "right", "labels": ["source"]}
    return [*result, more]


def _choice(task: dict[str, Any]) -> list[dict[str, Any]]:
    result, _ = _region(task)
    next(one for one in result if one.get("from_name") == "entities.type")["value"]["choices"] = ["SHOUTED"]
    return result


def _utf16(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Half of the regions shifted, as if some offsets were UTF-16 and others not."""
    result, region = _region(task)
    region["value"]["start"] += 1
    region["value"]["end"] += 1
    return result


NONSENSE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "behind the end": (_moved(start=10**6, end=10**6 + 5), "L205"),
    "negative": (_moved(start=-5), "L205"),
    "reversed": (_moved(start=20, end=10), "L207"),
    "empty": (_moved(start=20, end=20), "L206"),
    "an offset as a string": (_moved(start="20"), "L204"),
    "an offset as a fraction": (_moved(start=20.5), "L204"),
    "an offset as a float": (_moved(start=20.0), "L204"),
    "no offset": (_moved(end=None), "L204"),
    "one character off": (_utf16, "L208"),
    "an unknown label": (_moved(labels=["villain"]), "L203"),
    "two labels": (_moved(labels=["mentions:NAM", "quotes:direct"]), "L203"),
    "an unknown control": (_on_region(from_name="sentiment"), "L202"),
    "an unknown choice": (_choice, "L301"),
    "a dangling relation": (_dangling, "L401"),
    "one id on two spans": (_same_id, "L2(09|11|13)"),
    "no region at all": (lambda task: [{"value": {}}], "L20[12]"),
}


def test_nonsense_that_the_server_stores_is_quarantined(
    server: Studio, annotators: tuple[User, User], worked: tuple[Desk, str, Proxy]
) -> None:
    desk, project, _ = worked
    second = annotators[1]
    assert desk.pull(project).code == 0
    files = desk.files()
    task = server.tasks(project)[DOCUMENTS[3]]
    for name, (change, code) in NONSENSE.items():
        stored = server.annotate(task["id"], change(task), second)
        pulled = desk.pull(project, "--since", "last")
        assert pulled.code == 1, name
        assert re.search(rf"error {code} ", pulled.out), (name, pulled.out)
        assert "1 quarantined" in pulled.err, name
        assert desk.files() == files, name
        aside = desk.root / "quarantine" / DOCUMENTS[3] / f"second-{task['id']}-{stored['id']}.json"
        assert json.loads(aside.read_bytes())["annotation"]["id"] == stored["id"]
        problems = json.loads(aside.with_suffix(".problems.json").read_bytes())
        assert re.fullmatch(code, problems[0]["code"]), name
        server.api("DELETE", f"/api/annotations/{stored['id']}/", second)
    assert desk.pull(project).code == 0
    assert desk.files() == files
    assert not (desk.root / "quarantine" / DOCUMENTS[3]).exists()
