"""What reading costs, for each kilobyte that a stranger sends: a search looks for the dearest (issue 9, 1).

hypothesis is told the processor time of every example and goes where it grows. Inputs are good samples with
pieces repeated, members multiplied, values nested and texts lengthened, so that whatever grows faster than
the input shows. The bounds only tell *linear* from *worse*: they are some ten times what was found.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, target
from hypothesis import strategies as st
from lxml import etree

from credserv.carriers.zip_file import is_zip, write_zip
from credserv.ground.errors import CredservError
from credserv.openbadges.display import build_display
from tests.fuzz.targets import TARGETS, Target, run
from tests.testkit.proofs import badge, issuer
from tests.testkit.verifying import STATUS_URL, Hosts, endorsement, signed_list

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of what it passes over in a picture
searching = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
ALICE = issuer(1)
LARGEST = 48 * 1024
UNPACKED = 5 * 1024 * 1024
FOR_ANY = 2.0  # seconds of the processor, however small
FOR_EACH_KILOBYTE = 0.1
JSON = ("json", "graph", "status-list", "did-document", "trust-list")


def cost(read: Callable[[], object], size: int, label: str) -> None:
    """Tells the search what it took, and fails past the bound."""
    began = time.thread_time()
    with suppress(CredservError):
        read()
    spent = time.thread_time() - began
    kilobytes = max(size / 1024, 1.0)
    target(spent / kilobytes, label=label)
    assert spent < FOR_ANY + FOR_EACH_KILOBYTE * kilobytes, f"{label}: {spent:.2f} s for {kilobytes:.0f} kB"


@st.composite
def repeated(draw: st.DrawFn, of: Target) -> bytes:
    """A sample with a piece of it, or a word of its format, many times over."""
    data = draw(st.sampled_from(of.samples()))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(data)))
        piece = data[at : at + draw(st.integers(1, 200))]
        if of.words and draw(st.booleans()):
            piece = draw(st.sampled_from(of.words))
        times = draw(st.integers(1, max(1, (LARGEST - len(data)) // max(1, len(piece)))))
        data = data[:at] + piece * times + data[at:]
    return data[:LARGEST]


def holders(value: Any) -> Iterator[dict[str, Any] | list[Any]]:
    if isinstance(value, dict | list) and value:
        yield value
        for member in value.values() if isinstance(value, dict) else value:
            yield from holders(member)


@st.composite
def grown(draw: st.DrawFn, document: Any) -> Any:
    """A document in which something is there many times, deep, or long."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        found = list(holders(document))
        holder: Any = found[draw(st.integers(0, len(found) - 1))]
        key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
        value = holder[key]
        most = max(1, (LARGEST - len(json.dumps(document))) // (len(json.dumps(value)) + 8))
        times = draw(st.integers(1, min(most, 2_000)))
        how = draw(st.sampled_from(["many", "alike", "deep", "long", "named"]))
        if how == "many":
            holder[key] = [copy.deepcopy(value) for _ in range(times)]
        elif how == "alike":
            holder[key] = [_with_id(value, number) for number in range(times)]
        elif how == "deep":
            for level in range(min(times, 28)):
                value = {key if isinstance(key, str) else "a": value} if level % 2 else [value]
            holder[key] = value
        elif how == "long" and isinstance(value, str):
            holder[key] = value * times
        elif isinstance(holder, dict):
            holder.update({f"{key}{number}": value for number in range(times)})
    return document


def _with_id(value: Any, number: int) -> Any:
    return {**value, "id": f"urn:uuid:{number:08}"} if isinstance(value, dict) else f"{value}{number}"


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_found_f1b_pieces_repeated_cost_no_more_than_their_length(name: str) -> None:
    of = TARGETS[name]

    @searching
    @given(data=repeated(of))
    def search(data: bytes) -> None:
        cost(lambda: run(of, data), len(data), name)

    search()


@pytest.mark.parametrize("name", JSON)
def test_found_f1b_documents_grown_cost_no_more_than_their_length(name: str) -> None:
    of = TARGETS[name]
    document = json.loads(of.samples()[0])

    @searching
    @given(document=grown(document))
    def search(document: Any) -> None:
        data = json.dumps(document).encode()
        cost(lambda: run(of, data), len(data), name)

    search()


@st.composite
def grown_xml(draw: st.DrawFn, of: Target) -> bytes:
    """A sample with much in its only value, in which elements of the format are there many times."""
    tree = etree.fromstring(of.samples()[0].replace(b"mia@example.org", b"<a/>" * 500))
    words = [etree.fromstring(word) for word in of.words if word.startswith(b"<") and word.endswith(b">")]
    for _ in range(draw(st.integers(1, 3))):
        found = list(tree.iter())
        piece = draw(st.sampled_from([*words, *draw(st.sampled_from(found))] or words))
        alike = [one.getparent() for one in found[1:] if one.tag == piece.tag]
        holder = draw(st.sampled_from(alike or found))
        most = max(1, (LARGEST - len(etree.tostring(tree))) // len(etree.tostring(piece)))
        for _ in range(draw(st.sampled_from([1, most // 2]))):
            holder.append(copy.deepcopy(piece))
    return etree.tostring(tree)


def test_found_f1b_xml_grown_costs_no_more_than_its_length() -> None:
    of = TARGETS["saml"]

    @settings(searching, max_examples=200)  # one takes a few milliseconds
    @given(data=grown_xml(of))
    def search(data: bytes) -> None:
        cost(lambda: run(of, data), len(data), "saml")

    search()


def test_found_f1b_what_an_archive_unpacks_to_costs_no_more_than_the_archive() -> None:
    of = TARGETS["archive"]
    texts = [sample for sample in of.samples() if not is_zip(sample)]

    @settings(searching, max_examples=80)
    @given(
        text=st.sampled_from(texts), word=st.sampled_from([b"{},", b"[],", b"a.b.c\n", b"1,"]), data=st.data()
    )
    def search(text: bytes, word: bytes, data: st.DataObject) -> None:
        begins = [0, *(at + 1 for at, letter in enumerate(text) if letter in b"[\n")][:4]
        at = data.draw(st.sampled_from(begins))
        packed = write_zip({"a.json": text[:at] + word * (UNPACKED // len(word)) + text[at:]})
        cost(lambda: run(of, packed), len(packed), "archive")

    search()


def rich() -> dict[str, Any]:
    """Unsigned, with what is looked at only once a proof holds."""
    document = badge(ALICE)
    achievement = document["credentialSubject"]["achievement"]
    description = {"id": "urn:uuid:1", "type": ["ResultDescription"], "name": "x", "resultType": "Percent"}
    achievement |= {"resultDescription": [description], "tag": ["a"]}
    achievement["endorsement"] = [endorsement(ALICE, achievement["id"])]
    result = {"type": ["Result"], "resultDescription": "urn:uuid:1", "value": "1"}
    document["credentialSubject"]["result"] = [result]
    document["relatedResource"] = [{"id": "https://a.example/", "digestSRI": "sha256-" + "A" * 43 + "="}]
    return document


def test_found_f1b_what_a_stranger_signed_costs_no_more_than_its_length() -> None:
    """Whoever has a key gets past the proof: what comes after it is bounded too, and so is showing it."""
    hosts = Hosts({STATUS_URL: signed_list(ALICE)})

    @searching
    @given(document=grown(rich()))
    def search(document: Any) -> None:
        try:
            signed = ALICE.sign(document)
        except (CredservError, KeyError, TypeError, AttributeError):
            return  # it could not be signed
        size = len(json.dumps(signed))

        def read() -> None:
            hosts.verify(signed)
            build_display(signed)

        cost(read, size, "signed")

    search()
