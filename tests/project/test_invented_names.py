"""No real state, city, outlet or organisation says anything, or takes a stand, in an invented article.

The lists are the regions of the registry of language tags, the cities of the time zones, and a short one of our own.
Names of people are not compared: no list has all who are known, and two words at random are someone's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import pytest
from language_tags import data
from support.corpora import REPOSITORY

STATES = (
    "America, Bolivia, Britain, Czech Republic, England, Great Britain, Iran, Laos, Moldova, North Korea, "
    "Northern Ireland, Palestine, Russia, Scotland, South Korea, Syria, Taiwan, Tanzania, Turkey, Venezuela, "
    "Vietnam, Wales, U.K., UK, U.S., US, USA"
)
"""What news calls states that the registry has under a longer name."""
OUTLETS = (
    "ABC News, AFP, Agence France-Presse, Al Jazeera, Associated Press, AP, BBC, BBC News, Bloomberg, CBC, CBS, "
    "CBS News, CNN, Daily Mail, Daily Telegraph, Deutsche Welle, dpa, Economist, Financial Times, Fox News, "
    "Guardian, Independent, ITAR-TASS, ITV, Kyodo News, Le Monde, Los Angeles Times, MSNBC, NBC, NBC News, New "
    "York Times, NPR, Politico, Press Association, Reuters, Sky News, Spiegel, TASS, Times of India, Wall Street "
    "Journal, Washington Post, Wikinews, Xinhua, Yonhap"
)
ORGANISATIONS = (
    "Amnesty International, ASEAN, CIA, Council of Europe, ECB, EU, European Central Bank, European Commission, "
    "European Parliament, European Union, FBI, FIFA, G20, G7, Google, Greenpeace, Human Rights Watch, IAEA, ICC, "
    "IMF, International Criminal Court, International Monetary Fund, Interpol, IOC, Kremlin, Médecins Sans "
    "Frontières, Microsoft, NASA, NATO, OECD, OPEC, Oxfam, Pentagon, Red Cross, Scotland Yard, UEFA, UN, UNESCO, "
    "UNHCR, UNICEF, United Nations, WHO, White House, World Bank, World Health Organization, World Trade "
    "Organization, WTO"
)


def plain(name: str) -> str:
    """A name without its article and in one form of apostrophe: `the BBC` and `BBC` are one."""
    return re.sub(r"^the\s+", "", " ".join(name.replace("’", "'").split()), flags=re.IGNORECASE)


@cache
def known() -> frozenset[str]:
    """The real names."""
    regions = (one["Description"] for one in data.get("registry") if one["Type"] == "region")
    zones = (zone.split("/") for zone in available_timezones())
    cities = (parts[-1].replace("_", " ") for parts in zones if len(parts) > 1 and parts[0] not in ("Etc", "SystemV"))
    own = (name for line in (STATES, OUTLETS, ORGANISATIONS) for name in line.split(", "))
    return frozenset(map(plain, (*(name for names in regions for name in names), *cities, *own)))


def real_names(gold: dict[str, Any]) -> Iterator[str]:
    """Each real name of who speaks or takes a stand, people excepted, in the order of the entities."""
    asked = {quote["speaker"] for quote in gold.get("quotes", ())} | {one["holder"] for one in gold.get("stances", ())}
    for entity in gold.get("entities", ()):
        if entity["id"] not in asked or entity["type"] == "PER":
            continue
        mentions = (one for one in gold.get("mentions", ()) if one["entity"] == entity["id"] and one["form"] == "NAM")
        words = {" ".join(span.get("text", "") for span in one["spans"]) for one in mentions}
        yield from sorted({name for name in map(plain, {entity["name"] or "", *words}) if name in known()})


def test_no_real_name_speaks_in_an_invented_article() -> None:
    """If this fails, give the state, outlet or organisation an invented name."""
    found = {}
    for path in sorted((REPOSITORY / "annotations" / "gold").glob("*.json")):
        record = json.loads((REPOSITORY / "raw" / path.name).read_bytes())
        if record["redistribution"] == "full" and record.get("set") != "real":
            found[path.stem] = list(real_names(json.loads(path.read_bytes())))
    assert len(found) > 100
    assert {doc_id: names for doc_id, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        ("Reuters", "ORG", ["Reuters"]),
        ("the  United Nations", "ORG", ["United Nations"]),
        ("France", "GPE", ["France"]),
        ("Paris", "GPE", ["Paris"]),
        ("New York", "GPE", ["New York"]),
        ("Russia", "GPE", ["Russia"]),
        ("Orvany", "GPE", []),
        ("Paris", "PER", []),
        (None, "ORG", []),
    ],
)
@pytest.mark.parametrize("role", ["speaker", "holder", "mention", "neither"])
def test_a_planted_name_is_found(name: str | None, type_: str, expected: list[str], role: str) -> None:
    gold = json.loads((REPOSITORY / "annotations" / "gold" / "bell-loan-brief.json").read_bytes())
    called = "Old Bell" if role == "mention" else name
    gold["entities"].append({"id": "e999", "type": type_, "name": called})
    gold["mentions"].append({"id": "m999", "spans": [{"text": name or "it"}], "form": "NAM", "entity": "e999"})
    if role == "holder":
        gold["stances"][0]["holder"] = "e999"
    elif role != "neither":
        gold["quotes"][0]["speaker"] = "e999"
    assert list(real_names(gold)) == ([] if role == "neither" else expected)
