"""Write constraints.txt: the newest versions that fit together of every package setup and benchmarks need.

Run it with `make constraints`. Nothing is installed.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "constraints.txt"
WANTED = ("--editable", ".[cluster,control,diarize,eval,server]", "--group", "dev", "--group", "bench")


def main() -> None:
    """Write the file."""
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    head = f"# Made by `make constraints` with {system}. Used by `make setup CONSTRAINTS={TARGET.name}`.\n"
    TARGET.write_text(head + "".join(f"{pin}\n" for pin in pins()), encoding="utf-8")


def pins() -> list[str]:
    """`name==version` of every package, sorted; the project itself is left out."""
    command = [sys.executable, "-P", "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    report = subprocess.run(
        [*command, "--report", "-", *WANTED], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    packages = [each for each in json.loads(report)["install"] if "dir_info" not in each["download_info"]]
    found = [each["metadata"] for each in packages]
    return sorted((f"{each['name']}=={each['version']}" for each in found), key=str.lower)


if __name__ == "__main__":
    main()
