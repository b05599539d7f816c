"""A learning system that is asked, in the place of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from credserv.fetch.calling import Answer

SCHOOL = "https://school.example"
Answering = Callable[[str, Mapping[str, str], Mapping[str, str]], Answer]


@dataclass
class System:
    """A caller that is one system. answer: by address, headers and form. asked: every call."""

    answer: Answering
    asked: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = field(default_factory=list)

    def call(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        max_bytes: int = 4_194_304,
    ) -> Answer:
        form = {name: values[0] for name, values in parse_qs((content or b"").decode()).items()}
        self.asked.append((url, headers, form))
        return self.answer(url, headers, form)


def absent(_url: str, _headers: Mapping[str, str], _form: Mapping[str, str]) -> Answer:
    """A system that has nothing."""
    return Answer(404, {}, b"")
