"""Run everything and print one table.

    ./dev bench [--json FILE] [--rounds N] [--seconds S]

Signing and verifying are measured as CPU time per operation, ours and the peer's in turns, so that a
busy machine hurts both alike; the figure is the median. What each side signed is checked by the other
first, else the comparison would mean nothing. HTTP is measured by requests against a real server.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

from benchmarks.core import CoreFigures, measure_core
from benchmarks.service import HttpFigures, measure_http


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="Benchmarks, against their peer, in one run."
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--rounds", type=int, default=12, help="turns of ours and the peer's [12]")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each HTTP measurement [10]")
    options = parser.parse_args()
    say(f"Python {platform.python_version()}, {platform.machine()}, one core for each side")
    say("Signing and verifying, ours and the peer's in turns ...")
    core = measure_core(options.rounds)
    say("HTTP, against one gunicorn process with 8 threads and SQLite ...")
    http = measure_http(options.seconds)
    print(table(core, http))
    if options.json:
        options.json.write_text(json.dumps(figures(core, http), indent=2) + "\n")
    return 0


def table(core: CoreFigures, http: HttpFigures) -> str:
    rows = [
        ("eddsa-rdfc-2022, CPU ms per operation", "credserv", "@digitalbazaar/vc", "times faster"),
        *(
            (name, f"{ours:.3f}", f"{peer:.3f}", f"{peer / ours:.1f}")
            for name, ours, peer in (
                ("sign", core.sign_ms, core.peer_sign_ms),
                ("verify, proof alone", core.verify_proof_ms, core.peer_verify_ms),
                ("verify, all checks (peer: proof alone)", core.verify_ms, core.peer_verify_ms),
            )
        ),
        ("over HTTP, per second", "", "", ""),
        ("events turned into stored, signed credentials", f"{http.issue_per_second:.0f}", "", ""),
        ("credentials verified", f"{http.verify_per_second:.0f}", "", ""),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = (
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def figures(core: CoreFigures, http: HttpFigures) -> dict[str, float]:
    return {
        "sign_ratio": round(core.peer_sign_ms / core.sign_ms, 2),
        "verify_ratio": round(core.peer_verify_ms / core.verify_ms, 2),
        "verify_proof_ratio": round(core.peer_verify_ms / core.verify_proof_ms, 2),
        "http_issue_per_second": round(http.issue_per_second, 1),
        "http_verify_per_second": round(http.verify_per_second, 1),
        "sign_ms": round(core.sign_ms, 4),
        "verify_ms": round(core.verify_ms, 4),
        "verify_proof_ms": round(core.verify_proof_ms, 4),
        "peer_sign_ms": round(core.peer_sign_ms, 4),
        "peer_verify_ms": round(core.peer_verify_ms, 4),
    }


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
