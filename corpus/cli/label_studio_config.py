"""`corpus label-studio config`: the labelling config of the schema, and the option that restricts it to some layers."""

from __future__ import annotations

import click

from .options import Common, NameList

LAYERS = click.option(
    "--layers",
    type=NameList(),
    default=(),
    metavar="L,…",
    help="Only these layers are annotated; the others are shown.",
)


@LAYERS
@click.pass_obj
def config(common: Common, layers: tuple[str, ...]) -> int:
    """Print the labelling config of the schema as XML.

    It has the labels, choices and relations. Paste it into the labelling interface of a project; `push` does so itself.
    With --layers, only the labels of these layers are offered.

    Examples:

      corpus label-studio config > config.xml
      corpus label-studio config --layers quotes
    """
    from ..core.schema import Schema
    from ..labelstudio.config import labelling_config
    from ..labelstudio.config_purpose import purpose

    schema = Schema.read(common.root())
    print(labelling_config(schema, purpose(schema, layers)), end="")
    return 0
