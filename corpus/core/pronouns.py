"""The pronouns of some languages, in lower case; a language that is missing here is not checked."""

from __future__ import annotations

from typing import NamedTuple

from .languages import primary_subtag


class Pronouns(NamedTuple):
    """The pronouns of a language.

    `certain` are never anything else, `others` are determiners or nouns as well. `male` and `female` refer to people
    and `thing` to anything else; they are empty in a language whose pronouns follow the grammatical gender.
    """

    certain: frozenset[str]
    others: frozenset[str]
    male: frozenset[str] = frozenset()
    female: frozenset[str] = frozenset()
    thing: frozenset[str] = frozenset()


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_PRONOUNS = {
    "en": Pronouns(
        certain=_words(
            "i me my mine myself we us our ours ourselves you your yours yourself yourselves",
            "he him his himself she her hers herself it its itself they them their theirs themselves themself",
            "who whom whose",
        ),
        others=_words(
            "which that this these those one ones oneself other others another each both all some any many few several",
            "someone everyone anyone none everything something what whoever",
            "either neither former latter same such most more here there em y thou thee thy thine",
            " ".join(f"{part}body" for part in ("some", "every", "any", "no")),
        ),
        male=_words("he him his himself"),
        female=_words("she her hers herself"),
        thing=_words("it its itself"),
    ),
    "de": Pronouns(
        certain=_words(
            "ich mich mir mein meine meiner meines meinem meinen wir uns unser unsere unserer unseres unserem unseren",
            "du dich dir dein deine deiner deines deinem deinen er ihn ihm sein seine seiner seines seinem seinen",
            "sie ihr ihre ihrer ihres ihrem ihren ihnen es sich euch euer eure eurer eures eurem euren",
            "der die das den dem des dessen deren denen derer wer wen wem wessen",
        ),
        others=_words(
            "dieser diese dieses diesem diesen jener jene jenes jenem jenen welcher welche welches welchem welchen",
            "man einer eine eines einem einen jeder jede jedes jedem jeden jemand niemand",
            "alle allen aller beide beiden",
            "beider andere anderen anderer einige einigen mehrere viele vielen selbst selber ",
            "derselbe dieselbe dasselbe",
            "derjenige diejenige dasjenige was manche manchen etliche solche letzterer letztere ersterer erstere",
            "dazu davon damit dafür darin daran darauf darüber dagegen daraus dabei dadurch",
        ),
    ),
    "sv": Pronouns(
        certain=_words("jag mig min mitt mina du dig han honom hans hon henne hennes vi oss ni er de dem deras sig"),
        others=_words("den det dess som denna detta dessa vilken vilket vilka vars sin sitt sina din ditt dina man en"),
        male=_words("han honom hans"),
        female=_words("hon henne hennes"),
    ),
    "da": Pronouns(
        certain=_words("jeg mig min mit mine du dig han ham hans hun hende hendes vi os dem deres sig"),
        others=_words("de den det dens dets som denne dette disse hvem hvis sin sit sine din dit dine man en i jer"),
        male=_words("han ham hans"),
        female=_words("hun hende hendes"),
    ),
    "nb": Pronouns(
        certain=_words("jeg meg min mitt mine du deg han ham hans hun henne hennes vi oss dere dem deres seg"),
        others=_words("de den det dens dets som denne dette disse hvem hvis sin sitt sine din ditt dine man en"),
        male=_words("han ham hans"),
        female=_words("hun henne hennes"),
    ),
}
_SAME = {"no": "nb"}


def pronouns_of(language: str) -> Pronouns | None:
    """Return the pronouns of a BCP 47 language, None if they are not known."""
    primary = primary_subtag(language)
    return _PRONOUNS.get(_SAME.get(primary, primary))
