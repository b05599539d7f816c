"""Where the time of verifying with every check goes, and that of issuing from a template, in per cent.

    python -m benchmarks.where [--credentials N]

Of credentials that differ as those of one achievement do, each seen for the first time. A thousand times in a
second of CPU time it is looked at what is being done, and counted for the innermost of STEPS.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FrameType
from typing import Any

from benchmarks.processes import cores, on_core
from benchmarks.reference import build_reference
from benchmarks.stacks.ours import Ours
from benchmarks.variants import Variants

REST = "between the steps"
# By file and function.
STEPS: Mapping[tuple[str, str], str] = {
    ("ground/strict_json.py", "parse_json_object"): "strict parsing",
    ("verifying/checks/schemas.py", "check"): "the official schema",
    ("openbadges/structure.py", "check_structure"): "structure",
    ("openbadges/subject.py", "check_subject"): "whom it is about",
    ("openbadges/plain.py", "plain_form"): "one form of all spellings",
    ("proof/rdf/canonize.py", "canonize_utf8"): "canonical form",
    ("proof/rdf/template.py", "canonical_utf8"): "canonical form",
    ("proof/data_integrity/hashing_suite.py", "hash_data"): "hash of the canonical form",
    ("proof/data_integrity/hashing_suite.py", "sign"): "hash of the canonical form",
    ("proof/keys/public_key.py", "verify_signature"): "the signature",
    ("proof/keys/signer.py", "sign"): "the signature",
    ("ground/encoding.py", "encode_base58btc"): "the signature in letters",
    ("proof/rdf/template.py", "json"): "the JSON",
    ("issuing/template.py", "secured_text"): "the JSON",
    ("verifying/checks/proof.py", "prove"): "the rest of the proof",
    ("verifying/checks/document_memory.py", "content_digest"): "knowing it again",
    ("verifying/checks/status.py", "check"): "the status list",
    ("ground/validity.py", "parse_validity"): "dates",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.where", description=__doc__)
    parser.add_argument("--credentials", type=int, default=2_000, help="that are verified [2000]")
    number: int = parser.parse_args().credentials
    with on_core(cores()[0]):
        for name, shares, microseconds in measure_where(number):
            sys.stdout.write(f"{name}: {microseconds:.0f} microseconds of CPU\n")
            for step, share in shares.items():
                sys.stdout.write(f"  {share:5.1f} %  {step}\n")
    return 0


def measure_where(number: int) -> Iterable[tuple[str, dict[str, float], float]]:
    """Of both: per cent by step, most first, and microseconds for one."""
    reference, ours = build_reference(), Ours()
    ours.hold({**reference.held, "document": reference.document})
    texts = [
        json.dumps(ours.sign({"document": one}), ensure_ascii=False, separators=(",", ":"))
        for one in Variants(reference.document).take(number)
    ]
    yield ("verify with every check", *_watched(ours.verify, [{"text": text} for text in texts]))
    yield ("issue from a template", *_watched(ours.template_issue, [{}] * number * 5))


def _watched(
    work: Callable[[dict[str, Any]], object], given: Sequence[dict[str, Any]]
) -> tuple[dict[str, float], float]:
    seen: Counter[str] = Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        while frame is not None:
            path, name = frame.f_code.co_filename, frame.f_code.co_name
            step = next(
                (step for (of, one), step in STEPS.items() if name == one and path.endswith(of)), None
            )
            if step is not None:
                seen[step] += 1
                return
            frame = frame.f_back
        seen[REST] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    begun = time.process_time()
    try:
        for one in given:
            work(one)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    spent = (time.process_time() - begun) / len(given) * 1e6
    return {step: 100 * times / seen.total() for step, times in seen.most_common()}, spent


if __name__ == "__main__":
    sys.exit(main())
