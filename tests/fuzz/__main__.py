"""`./dev fuzz TARGET`: one reader under libFuzzer, guided by what its code does, for as long as is said.

Ends with 0 when nothing was found. A find is told with the input that causes it, and where that is kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["credserv"]):
    from tests.fuzz.targets import TARGETS, run

KEPT = Path(__file__).parent / "corpus"
_LONGEST = 65_536  # bytes of an input
_SLOWEST = 20  # seconds for one input; instrumented, everything is several times slower


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="default: %(default)s")
    chosen = parser.parse_args()
    target = TARGETS[chosen.target]
    folder = KEPT / chosen.target
    folder.mkdir(parents=True, exist_ok=True)
    for number, sample in enumerate(target.samples()):
        (folder / f"sample-{number}").write_bytes(sample)
    words = folder.with_suffix(".dict")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    options = [
        f"-max_total_time={chosen.seconds}",
        f"-max_len={_LONGEST}",
        f"-timeout={_SLOWEST}",
        "-rss_limit_mb=2048",
        "-close_fd_mask=1",
        f"-artifact_prefix={folder}/found-",
        *([f"-dict={words}"] if target.words else []),
        str(folder),
    ]
    atheris.Setup([sys.argv[0], *options], lambda data: run(target, data))
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
