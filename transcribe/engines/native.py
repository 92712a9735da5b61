"""The commands behind `make native` and `make llm`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from transcribe.core.errors import TranscribeError
from transcribe.engines.building import language_models, recogniser
from transcribe.engines.building.cards import CARDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, try and install; return the exit code."""
    parser = argparse.ArgumentParser(prog="make native", description="Build an engine for this machine.")
    parser.add_argument("recording", type=Path, help="a minute of speech that both builds have to hear alike")
    parser.add_argument("--llm", action="store_true", help="llama-cpp-python, instead of pywhispercpp")
    parser.add_argument(
        "--gpu", choices=sorted(CARDS), help="graphics cards that pywhispercpp computes on, too"
    )
    asked = parser.parse_args(arguments)
    try:
        if asked.llm:
            language_models.install(asked.recording, click.echo)
        else:
            recogniser.install(asked.recording, click.echo, asked.gpu)
    except TranscribeError as error:
        click.echo(f"{'llm' if asked.llm else 'native'}: error: {error}", err=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
