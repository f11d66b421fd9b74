"""`corpus score`: what a system's annotations are worth, measured against gold."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from ..core.model import GOLD
from .options import PATH_TYPE, Common, NameList, OneOf, Verb, common_options, format_option
from .outputs import noting_new_directory, open_named

_RENDERERS = {"text": "text", "json": "json_", "markdown": "markdown", "csv": "csv", "html": "html"}
"""The output formats, and the function of `score.render` for each."""

_SOFT = {"predictions", "release", "split", "layers", "compare", "soft", "format_", "system", "out"}
"""The parameters that go with `--soft`."""


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
    type=OneOf(lambda: ("refuse", "empty")),
    default="refuse",
    metavar="refuse|empty",
    help="Documents without a prediction: refuse (default), or score as empty.",
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

    Examples:

      corpus score predictions/ --split test
      corpus score quotes.jsonl --split test --format markdown
      corpus score ann-c --split real --layer quotes
      corpus score mine/ --release ./on-the-record-1.0.0 --split test
      corpus score mine/ --release 1.0.0 --split test --submission mine.jsonl
      corpus score mine.jsonl --compare theirs.jsonl --split test
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

    root = common.root() if release is None or common.given_root else None
    if soft:
        _refuse_with(context, "--soft", _SOFT)
        of = partial(soft_score, root=root, release=release, split=split, layers=layers)
        result = of(predictions, system=system)
    else:
        of = partial(
            scored,
            root=root,
            release=release,
            against=against,
            split=split,
            layers=layers,
            by=by,
            missing=missing,
            multi_entity=multi_entity,
        )
        with noting_new_directory(submission):
            result = of(predictions, submission=submission, system=system)
    differences = result.compare(of(compare)) if compare else ()
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
