"""What `--help` shows: the docstring of a verb as it is, its options, and those that every verb has."""

from __future__ import annotations

import click


def help_line(command: click.Command) -> str:
    """Return the first line of a verb's help without its full stop."""
    return (command.help or "").strip().partition("\n")[0].rstrip(".")


def write_lines(text: str, formatter: click.HelpFormatter) -> None:
    """Write a docstring, wrapped to the width of the terminal; indented lines, such as commands, stay as they are."""
    if text:
        formatter.write_paragraph()
        formatter.write(wrapped(text, formatter.width) + "\n")


def wrapped(text: str, width: int) -> str:
    """Return a docstring with each paragraph wrapped to `width` characters; one with indented lines is kept."""
    from inspect import cleandoc
    from textwrap import fill

    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(
        paragraph
        if any(line.startswith(" ") for line in paragraph.splitlines())
        else fill(paragraph, width, break_long_words=False, break_on_hyphens=False)
        for paragraph in paragraphs
    )


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options of a command, then those that every verb has and --help."""
    options = [param for param in command.get_params(ctx) if isinstance(param, click.Option)]
    for heading, shared in (("Options", False), ("Options of every verb", True)):
        records = [one.get_help_record(ctx) for one in options if is_shared(one) is shared]
        if rows := [record for record in records if record]:
            with formatter.section(heading):
                formatter.write_dl(rows)


def is_shared(option: click.Parameter) -> bool:
    """Return whether every verb has the option."""
    return option.name in ("root", "quiet", "verbose", "_click_default_help")
