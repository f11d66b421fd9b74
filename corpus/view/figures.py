"""The agreement of annotators as plain values for the corpus page: figures, confusions, and the worst articles."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..agreement import agreement
from ..agreement.load import annotators_of
from ..agreement.render import TITLES
from ..core.extras import missing_extra
from ..core.model import GOLD, CorpusError

_CONFUSIONS, _WORST = 12, 15


@dataclass(slots=True)
class Agreement:
    """What the page shows. `note` says why there are no figures, "" if there are.

    `figures`: [layer, field, figure, value, low, high, documents]; `confusions`: [layer, field, annotators, first,
    second, times]; `worst`: [doc_id, mean, value of each of `layers`]. A value that is not defined is None.
    """

    note: str = ""
    annotators: list[str] = field(default_factory=list)
    documents: int = 0
    figures: list[list[Any]] = field(default_factory=list)
    confusions: list[list[Any]] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    worst: list[list[Any]] = field(default_factory=list)
    excluded: dict[str, int] = field(default_factory=dict)
    outdated: bool = False
    """True if annotations changed after this was measured."""

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


def measure(root: Path) -> Agreement:
    """Measure the agreement of all annotators but gold, or say why that cannot be done."""
    names = [name for name in annotators_of(root) if name != GOLD]
    if len(names) < 2:
        return Agreement(
            "Agreement needs two annotators; this corpus has " + (names[0] if names else "none but gold") + "."
        )
    try:
        result = agreement(root, adjudicator="")
    except ModuleNotFoundError as error:
        if missing := missing_extra(error):
            return Agreement(f"Agreement was not measured: {missing}.")
        raise
    except CorpusError as error:
        return Agreement(f"Agreement was not measured: {error}.")
    if not result.documents:
        return Agreement("No article was annotated by two annotators.", names)
    rows = [
        [
            *(row["layer"], row["field"], TITLES[row["measure"]]),
            *(_number(row[name]) for name in ("value", "low", "high")),
            int(row["documents"]),
        ]
        for row in result.overall.to_dict("records")
    ]
    confusions = [
        [*(str(row[name]) for name in ("layer", "field", "annotators", "first", "second")), int(row["count"])]
        for row in result.confusions.head(_CONFUSIONS).to_dict("records")
    ]
    worst = result.worst.head(_WORST)
    articles = [
        [str(doc_id), *map(_number, values)]
        for doc_id, values in zip(worst.index, worst.to_numpy().tolist(), strict=True)
    ]
    layers = [str(name) for name in worst.columns[1:]]
    return Agreement("", list(result.annotators), result.documents, rows, confusions, layers, articles, result.left_out)


def _number(value: float) -> float | None:
    return None if value != value else round(float(value), 3)
