"""Runs real clients against `transcribe serve`, each in an environment of its own, and writes down what came.

    python -m benchmarks.clients [--only openai|node|curl|wyoming|proxies|open-webui] [--model base]

Environments are made in `.bench/clients` (packages of PyPI and npm; Open WebUI alone is 3 GB) and stay there.
Writes `benchmarks/results/clients.md` from what this and earlier runs have put into `clients.json` beside it.
What cannot be made or found here is left out, with the reason. Nothing is sent to anybody but the server.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.clients import bridge, curl, node, open_webui, proxies, python
from benchmarks.clients.parts import MissingError, Part
from benchmarks.machine import this_machine
from benchmarks.serve import RESULTS, ROOT, cut, serving

ENVIRONMENTS = ROOT / ".bench" / "clients"
PARTS: dict[str, Callable[[Part], Iterator[tuple[str, str]]]] = {
    "openai": python.tried,
    "node": node.tried,
    "curl": curl.tried,
    "wyoming": bridge.tried,
    "proxies": proxies.tried,
    "open-webui": open_webui.tried,
}


def main() -> None:
    """Run what is asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="base", help="name of an installed model of many languages")
    parser.add_argument("--only", action="append", choices=tuple(PARTS))
    asked = parser.parse_args()
    kept = RESULTS / "clients.json"
    found: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for name in asked.only or PARTS:
        rows = []
        with tempfile.TemporaryDirectory(prefix="clients-", ignore_cleanup_errors=True) as folder:
            try:
                with serving(Path(folder), asked.model) as server:
                    clip = cut(Path(folder) / "clip.wav", 0, 6)
                    for tried, result in PARTS[name](Part(server, Path(folder), ENVIRONMENTS / name, clip)):
                        print(f"{tried}: {result}", flush=True)
                        rows.append((tried, result))
            except (MissingError, subprocess.CalledProcessError) as error:
                print(f"{name} is left out: {error}", flush=True)
                continue
        found[name] = {
            "model": asked.model,
            "machine": dataclasses.asdict(this_machine()),
            "rows": rows,
        }
        kept.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = "\n".join(lines_of(found)) + "\n"
    (RESULTS / "clients.md").write_text(page, encoding="utf-8")


def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """The page."""
    yield "# Clients of the server\n"
    yield "Made by `python -m benchmarks.clients`; recordings are cut from the sample.\n"
    for name, each in found.items():
        machine = each["machine"]
        yield f"Part `{name}`: model `{each['model']}`; {machine['cores']} cores, {machine['system']}.  "
    yield "\n| client, and what was tried | result |\n|---|---|"
    for name in PARTS:
        for tried, result in found.get(name, {}).get("rows", ()):
            yield f"| {tried} | {result} |"


if __name__ == "__main__":
    main()
