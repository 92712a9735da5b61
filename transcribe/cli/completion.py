"""`transcribe completion`: the script that teaches a shell this program's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from transcribe.cli import COMPLETE_ENV, PROGRAM

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  transcribe completion bash > ~/.local/share/bash-completion/completions/transcribe
    zsh:   transcribe completion zsh > a file named _transcribe in a folder of $fpath
    fish:  transcribe completion fish > ~/.config/fish/completions/transcribe.fish
    """
    from transcribe.cli.root import root

    click.echo(script(shell, root, PROGRAM, COMPLETE_ENV))


def script(shell: str, command: click.Command, program: str, variable: str) -> str:
    """The script; made without click's own check of bash's version, which would run bash."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(f"completion for {shell} is not known")
    made = kind(command, {}, program, variable)
    return made.source_template % made.source_vars()
