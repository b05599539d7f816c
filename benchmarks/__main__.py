"""Install the peers, run them and us, and print what came of it.

    ./dev bench [--json FILE] [--rounds N] [--seconds S] [--without http growth]

Every figure is of this one run: compare within it, and with no other machine's.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

from benchmarks.claims import measure_claims
from benchmarks.contest import StackError, hold
from benchmarks.growth import measure_growth
from benchmarks.install import InstallError, install_peers
from benchmarks.load import LoadError
from benchmarks.processes import cores, node_version, on_core
from benchmarks.reference import REFERENCE, build_reference, canonical_form
from benchmarks.report import figures, render
from benchmarks.service import measure_http


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="The benchmarks, against their peers, in one run."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--rounds", type=int, default=12, help="turns of each stack [12]")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each HTTP measurement [8]")
    parser.add_argument(
        "--without", choices=["http", "growth", "claims"], nargs="*", default=[], help="leave these out"
    )
    options = parser.parse_args()
    try:
        return run(options)
    except (InstallError, StackError, LoadError) as error:
        say(f"./dev bench: {error}")
        return 1


def run(options: argparse.Namespace) -> int:
    say("Installing the peers ...")
    missing = install_peers()
    for line in missing:
        say(f"Left out: {line}")
    measured, other = cores()
    reference = build_reference()
    say(f"Signing and verifying, {options.rounds} turns each, on core {measured} ...")
    with on_core(measured):
        contest = hold(reference, canonical_form(reference), with_optional=not missing, rounds=options.rounds)
        growth = None
        if "growth" not in options.without:
            say("Growth ...")
            growth = measure_growth(reference)
        claims = None
        if "claims" not in options.without:
            say("Claims ...")
            claims = measure_claims()
    http = None
    if "http" not in options.without:
        say(f"HTTP, the service on core {measured}, its clients on core {other} ...")
        with on_core(other):
            http = measure_http(reference, options.seconds, measured)
    origin = "the reference credential" if REFERENCE.exists() else "a credential made here"
    versions = f"Python {platform.python_version()}, node {node_version()}"
    print(f"{versions}, {platform.machine()}, {origin}\n")
    print(render(contest, http, growth, claims))
    if options.json:
        options.json.write_text(json.dumps(figures(contest, http, growth, claims), indent=2) + "\n")
    return 0


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
