"""`corpus score`: what a system's annotations are worth, measured against gold."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..core.model import GOLD
from .options import PATH_TYPE, Common, NameList, OneOf, Verb, common_options, format_option
from .outputs import noting_new_directory, open_named

if TYPE_CHECKING:
    from ..score import Difference

_RENDERERS = {"text": "text", "json": "json_", "markdown": "markdown", "csv": "csv", "html": "html"}
"""The output formats, and the function of `score.render` for each."""

_SOFT = {"predictions", "release", "split", "layers", "compare", "soft", "format_", "system", "out"}
"""The parameters that go with `--soft`."""
_TWINS = {"predictions", "release", "against", "split", "layers", "by", "twins", "missing", "multi_entity", "format_"}
_TWINS |= {"system", "out"}
"""The parameters that go with `--twins`."""


@click.command("score", cls=Verb)
@click.argument(
    "predictions", metavar="PREDICTIONS", required=False, help="A directory, a file, or an annotator of the corpus."
)
@click.option(
    "--release",
    metavar="DIR|VERSION",
    help="Score against this release or build, which needs no corpus; default: the corpus itself.",
)
@click.option("--against", default=GOLD, metavar="NAME", help="The annotator to score against; default: gold.")
@click.option("--split", metavar="SPLIT", help="Score this split; default: those of the predicted documents.")
@click.option("--layer", "layers", multiple=True, metavar="LAYER", help="Only this layer; may be repeated.")
@click.option(
    "--by",
    type=NameList(),
    default=(),
    metavar="FIELD,…",
    help="Also by these fields of the record, such as set or topics, by length, or by hard-case.",
)
@click.option(
    "--twins",
    type=OneOf(lambda: ("noisy", "paraphrase")),
    metavar="noisy|paraphrase",
    help="Compare the scores on twins with those on their originals.",
)
@click.option("--compare", metavar="OTHER", help="Compare with these predictions: differences, intervals and p.")
@click.option(
    "--soft",
    is_flag=True,
    help="Score distributions over labels against those of all annotators.",
)
@click.option(
    "--baselines",
    is_flag=True,
    help="Run the examples and write what they score into the card.",
)
@click.option(
    "--missing",
    type=OneOf(lambda: ("refuse", "empty", "leave-out")),
    default="refuse",
    metavar="refuse|empty|leave-out",
    help="Documents without a prediction: refuse (default), score as empty, or leave out. "
    "Rows of a flat config are never refused: a document that was skipped has none, like one without records.",
)
@click.option(
    "--multi-entity",
    type=OneOf(lambda: ("refuse", "drop")),
    default="refuse",
    metavar="refuse|drop",
    help="A mention in two entities: refuse (default), or leave it out of coreference.",
)
@format_option(_RENDERERS)
@click.option(
    "--submission", type=PATH_TYPE, metavar="FILE", help="Also write the predictions as a submission to a release."
)
@click.option("--system", metavar="NAME", help="The name of the system; default: that of the file.")
@click.option("--out", type=PATH_TYPE, metavar="FILE", help="Write to this file; default: stdout.")
@click.pass_context
def score(
    context: click.Context,
    predictions: str | None,
    release: str | None,
    against: str,
    split: str | None,
    layers: tuple[str, ...],
    by: tuple[str, ...],
    twins: str | None,
    compare: str | None,
    soft: bool,
    baselines: bool,
    missing: str,
    multi_entity: str,
    format_: str,
    submission: Path | None,
    system: str | None,
    out: Path | None,
) -> int:
    """Score predictions against gold.

    PREDICTIONS is a directory or file of annotations in this project's format (JSON, or
    JSONL with one a line), a JSONL or Parquet file of flat rows as in the configs quotes and
    stances, or the name of an annotator. Layers and fields that it does not have are
    not scored. With --soft, rows name an item of the config disagreement and have a
    soft_label. Figures have 95% intervals over stories; docs/benchmark.md defines them
    and says how to report one.

    Twins, which are changed copies of articles, are not scored. --twins scores them by
    themselves, and reports each figure for the originals (first), for the twins
    (second), and the difference with its 95% interval over stories. The predictions
    have both.

    Examples:

      corpus score predictions/ --split test
      corpus score quotes.jsonl --split test --format markdown
      corpus score ann-c --split real --layer quotes
      corpus score ann-c --split test --missing leave-out
      corpus score mine/ --release ./on-the-record-1.0.0 --split test
      corpus score mine/ --release 1.0.0 --split test --submission mine.jsonl
      corpus score mine.jsonl --compare theirs.jsonl --split test
      corpus score mine/ --twins noisy --split test
      corpus score gold --soft --split test
      corpus score --baselines
    """
    common: Common = context.obj
    if baselines:
        _refuse_with(context, "--baselines", {"baselines", "release"})
        return _baselines(common.edit(), release)
    if predictions is None:
        raise click.UsageError("name PREDICTIONS, or pass --baselines", context)
    from ..score import render, soft_score
    from ..score import score as scored
    from ..score.twins import score_twins

    root = common.root() if release is None or common.given_root else None
    options: dict[str, Any] = {"root": root, "release": release, "split": split, "layers": layers}
    differences: Sequence[Difference] = ()
    if twins:
        _refuse_with(context, "--twins", _TWINS)
        options |= {"against": against, "by": by, "missing": missing, "multi_entity": multi_entity}
        result, differences = score_twins(predictions, twins, system=system, **options)
    elif soft:
        _refuse_with(context, "--soft", _SOFT)
        result = soft_score(predictions, system=system, **options)
        differences = result.compare(soft_score(compare, **options)) if compare else ()
    else:
        options |= {"against": against, "by": by, "missing": missing, "multi_entity": multi_entity}
        with noting_new_directory(submission):
            result = scored(predictions, submission=submission, system=system, **options)
        differences = result.compare(scored(compare, **options)) if compare else ()
    written = getattr(render, _RENDERERS[format_])(result, differences)
    if out is None:
        sys.stdout.write(written)
        return 0
    with open_named(out) as file:
        file.write(written.encode())
    return 0


def _refuse_with(context: click.Context, flag: str, allowed: set[str]) -> None:
    """Raise UsageError for a parameter that a run with `flag` does not read."""
    common = {option.name for option in common_options()}
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name not in allowed | common:
            shown = parameter.opts[0] if isinstance(parameter, click.Option) else name.upper()
            raise click.UsageError(f"{shown} does not go with {flag}", context)


def _baselines(root: Path, release: str | None) -> int:
    from ..score.baselines import baselines, write_baselines

    table = baselines(root, release or root / "build")
    write_baselines(root, table)
    sys.stdout.write(table)
    return 0
