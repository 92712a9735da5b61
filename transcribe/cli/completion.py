"""`transcribe completion`: the script that teaches a shell this program's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from transcribe.cli import COMPLETE_ENV, PROGRAM

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  transcribe completion bash > ~/.local/share/bash-completion/completions/transcribe
    zsh:   transcribe completion zsh > a file named _transcribe in a folder of $fpath
    fish:  transcribe completion fish > ~/.config/fish/completions/transcribe.fish
    """
    from transcribe.cli.root import root

    script = SHELLS[shell](root, {}, PROGRAM, COMPLETE_ENV)
    click.echo(
        script.source_template % script.source_vars()
    )  # not source(): its check of the version runs bash
