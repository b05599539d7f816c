"""Answers of federations about issuers, cached within bounds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from credserv.records.trust import TrustedIssuerRecord
from credserv.verifying.trust_marks import Mark

MAX_KEPT = 1_024


@dataclass(frozen=True)
class Member:
    """An issuer as a federation names it; `through` and `marks` as in `verifying.federation.Named`."""

    issuer: TrustedIssuerRecord
    through: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Answer:
    """A federation's answer.

    `member` is None where it does not name the issuer, or (`away`) could not be asked.
    """

    member: Member | None
    until: datetime
    asked_at: datetime
    away: bool = False


class FederationMemory:
    """Answers by anchor and issuer; the least recently used are dropped first.

    Safe to share between threads.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Answer] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: tuple[str, str], now: datetime) -> Answer | None:
        with self._lock:
            known = self._kept.get(key)
            if known is None or not known.asked_at <= now < known.until:
                return None
            self._kept.move_to_end(key)
            return known

    def keep(self, key: tuple[str, str], answer: Answer) -> None:
        with self._lock:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
