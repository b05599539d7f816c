"""What a proof did and found: counted lines, and the faults, which have to be none."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

PROGRESS_SECONDS = 10.0


@dataclass
class Ledger:
    """Safe to share between threads."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, by: int = 1) -> None:
        with self._lock:
            self.counts[what] += by

    def fault(self, what: str) -> None:
        """Something is lost, doubled or wrong."""
        with self._lock:
            self.faults.append(what)

    def note(self, what: str) -> None:
        """Worth reading, and no fault."""
        with self._lock:
            self.notes.append(what)

    def progress(self, done: int, whole: int, unit: str) -> None:
        """At most one line in ten seconds, to standard error."""
        now = time.monotonic()
        with self._lock:
            if now - self._told < PROGRESS_SECONDS:
                return
            self._told = now
        sys.stderr.write(f"{self.name}: {done} of {whole} {unit}, {len(self.faults)} faults\n")

    def hear(self, line: str) -> None:
        """What a command says of its progress, passed on as it comes."""
        sys.stderr.write(f"{self.name}: {line}\n")

    def text(self) -> str:
        """The whole ledger, as it is printed."""
        lines = [f"{self.name}, {time.monotonic() - self.began:.0f} s"]
        width = max((len(what) for what in self.counts), default=0)
        lines += [f"  {what:<{width}}  {count}" for what, count in self.counts.items()]
        lines += [f"  {note}" for note in self.notes]
        lines += [f"  FAULT {fault}" for fault in self.faults[:20]]
        lines.append(f"  faults: {len(self.faults)}")
        return "\n".join(lines)
