"""What the folder of an operator's pinned contexts holds, and why a context is not taken into it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from credserv.ground.errors import InputError, NotFoundError, TooLargeError
from credserv.proof.rdf.operator_pins import INDEX, MAX_BYTES, MAX_PINS, OperatorPins, Pin, require_context
from tests.testkit.proofs import NOW, V2, pinned_contexts

CRED = "https://www.w3.org/2018/credentials#"
ENDS = {"cred": CRED, "ends": "cred:validUntil"}
OTHERWISE = {"cred": "https://a.example/"}
V1 = "https://www.w3.org/2018/credentials/v1"
URL, OTHER = "https://contexts.example/v1", "https://contexts.example/a"
CONTENT = json.dumps({"@context": {"GuildCard": "https://guild.example/#GuildCard"}}).encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def pin(pins: OperatorPins, content: bytes = CONTENT, url: str = URL, *issuers: str) -> Pin:
    return pins.pin(content, url, issuers, contexts=pinned_contexts(), now=NOW)


def test_a_pin_is_told_kept_and_read_by_another_process(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "contexts"
    made = pin(OperatorPins(folder), CONTENT, URL, "did:b", "did:a", "did:b")
    assert made == Pin(URL, SHA256, ("did:a", "did:b"), "2026-03-14T09:26:53Z")
    second = pin(OperatorPins(folder), b" " + CONTENT, OTHER)
    assert OperatorPins(folder).all() == (second, made)  # by address
    assert json.loads((folder / INDEX).read_bytes()) == json.loads(json.dumps([asdict(second), asdict(made)]))
    assert (folder / f"{SHA256}.json").read_bytes() == CONTENT
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert {path.suffix for path in folder.iterdir()} == {".json"}


def test_a_pin_is_for_whom_it_names_or_for_everyone(tmp_path: Path) -> None:
    pins = OperatorPins(tmp_path)
    pin(pins, CONTENT, URL, "did:a")
    pin(pins, CONTENT, OTHER)
    document = json.loads(CONTENT)
    assert pins.documents_for("did:a", [URL, OTHER]) == {URL: document, OTHER: document}
    assert pins.documents_for("did:b", [URL, OTHER]) == {OTHER: document}
    assert pins.documents_for("did:a", [URL]) == {URL: document}
    assert pins.documents_for("did:a", []) == {}


def test_a_file_that_is_gone_or_was_changed_is_not_read_and_the_others_are(tmp_path: Path) -> None:
    pins = OperatorPins(tmp_path)
    first, second = pin(pins, b" " + CONTENT, OTHER), pin(pins)
    assert list(pins.refused(pinned_contexts())) == []
    (tmp_path / f"{first.sha256}.json").write_bytes(CONTENT)
    assert list(pins.refused(pinned_contexts())) == [(first, "its file is missing or was changed")]
    assert pins.documents_for("did:a", [URL, OTHER]) == {URL: json.loads(CONTENT)}
    (tmp_path / f"{second.sha256}.json").unlink()
    assert [one for one, _ in pins.refused(pinned_contexts())] == [first, second]
    assert pins.documents_for("did:a", [URL, OTHER]) == {}


@pytest.mark.parametrize("index", ["[", "7", "[7]", "[{}]", '[{"url": "u", "sha256": "s", "issuers": 7}]'])
def test_an_index_that_cannot_be_read_pins_nothing(tmp_path: Path, index: str) -> None:
    (tmp_path / INDEX).write_text(index)
    assert OperatorPins(tmp_path).all() == ()


def test_a_context_that_is_pinned_again_takes_the_place_of_what_it_was(tmp_path: Path) -> None:
    pins = OperatorPins(tmp_path)
    pin(pins, CONTENT, URL, "did:a")
    again = pin(pins, CONTENT, URL, "did:b")
    assert pins.all() == (again,)


def test_what_is_removed_goes_with_its_file_unless_another_address_has_the_same(tmp_path: Path) -> None:
    pins = OperatorPins(tmp_path)
    pin(pins, CONTENT, URL)
    second = pin(pins, CONTENT, OTHER)
    file = tmp_path / f"{SHA256}.json"
    pins.remove(URL)
    assert (pins.all(), file.exists()) == ((second,), True)
    with pytest.raises(NotFoundError, match="credserv contexts list"):
        pins.remove(URL)
    pins.remove(OTHER)
    assert (pins.all(), file.exists()) == ((), False)


def test_what_is_removed_may_have_lost_its_file(tmp_path: Path) -> None:
    pins = OperatorPins(tmp_path)
    pin(pins)
    (tmp_path / f"{SHA256}.json").unlink()
    pins.remove(URL)
    assert pins.all() == ()


def test_as_many_are_pinned_as_there_may_be_and_no_more(tmp_path: Path) -> None:
    rows = [
        asdict(Pin(f"https://c.example/{n}", SHA256, (), "2026-03-14T09:00:00Z")) for n in range(MAX_PINS)
    ]
    (tmp_path / INDEX).write_text(json.dumps(rows[:-1]))
    pins = OperatorPins(tmp_path)
    pin(pins)
    assert len(pins.all()) == MAX_PINS
    pin(pins)  # again
    with pytest.raises(InputError, match="at most"):
        pin(pins, CONTENT, OTHER)
    assert len(pins.all()) == MAX_PINS


def refusal(context: Any) -> str:
    with pytest.raises(InputError) as refused:
        require_context(json.dumps({"@context": context}).encode(), URL, pinned_contexts())
    return refused.value.detail


@pytest.mark.parametrize(
    ("context", "why"),
    [
        ({"uid": "@id"}, "gives @id a second name, 'uid'"),
        ({"kind": "@type"}, "gives @type a second name, 'kind'"),
        ({"ends": "https://www.w3.org/2018/credentials#validUntil"}, "a second name, 'ends'"),
        # A prefix that means something else where it stands, or is taken away.
        ([ENDS, OTHERWISE], "a second name, 'ends'"),
        ([ENDS, {"cred": None}], "a second name, 'ends'"),
        ([{"cred": CRED, "cred:validUntil": {"@type": "@id"}}, OTHERWISE], "name, 'cred:validUntil'"),
        (ENDS | {"A": {"@id": "https://a.example/#A", "@context": OTHERWISE}}, "a second name, 'ends'"),
        # A prefix or a name of another context that is in force where this one is used.
        ({"Z": {"@id": "https://a.example/#Z", "@context": {"ends": "cred:expirationDate"}}}, "name, 'ends'"),
        ({"Z": {"@id": "https://a.example/#Z", "@context": {"ends": "validUntil"}}}, "a second name, 'ends'"),
        ([V2, {"MyCredential": "VerifiableCredential"}], "a second name, 'MyCredential'"),
        # What has no definition becomes an IRI by the vocabulary.
        ({"@vocab": CRED, "ends": {"@id": "validUntil"}}, f"its @vocab '{CRED}'"),
        ({"@vocab": f"{CRED}valid"}, f"its @vocab '{CRED}valid'"),
        ({"@vocab": "https://www.w3.org/"}, "its @vocab 'https://www.w3.org/'"),
        ([{"cr": "https://www.w3.org/2018/"}, {"@vocab": "cr:credentials#"}], "its @vocab 'cr:credentials#'"),
        ({"@vocab": ""}, "its @vocab ''"),
        ({"A": {"@id": "https://a.example/#A", "@context": {"@vocab": CRED}}}, f"its @vocab '{CRED}'"),
        ({"credentialStatus": None}, "gives 'credentialStatus' another meaning"),
        ({"issuer": "https://a.example/#issuer"}, "gives 'issuer' another meaning"),
        ({"@base": "https://a.example/"}, "'@base'"),
        ({"@import": V2}, "'@import'"),
        ({"@language": None}, "'@language'"),
        ({"A": {"@id": "https://a.example/#A", "@context": {"@base": None}}}, "'@base'"),
        ({"A": {"@id": "https://a.example/#A", "@context": "https://b.example/v1"}}, "'https://b.example/v1'"),
        (["https://b.example/v1"], "'https://b.example/v1'"),
        ([{}, None], "'None'"),
        (7, "'7'"),
    ],
)  # fmt: skip
def test_a_context_is_refused_for_what_it_does(context: Any, why: str) -> None:
    assert why in refusal(context)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"@version": 1.1, "@protected": True, "@vocab": "https://a.example/#"},
        [V2, {"A": "https://a.example/#A"}],
        {"A": {"@id": "https://a.example/#A", "@context": V2}},
        {"A": {"@id": "https://a.example/#A", "@context": {"B": "https://a.example/#B"}}},
        {"id": "@id", "type": "@type"},
        [{"a": "https://a.example/", "A": "a:A"}, {"a": {"@id": "https://a.example/"}}],
        [{"A": "https://a.example/#A"}, {"A": "https://a.example/#B"}],
    ],
    ids=json.dumps,
)
def test_a_context_that_changes_nothing_is_taken_as_it_is(context: Any) -> None:
    document = {"@context": context}
    assert require_context(json.dumps(document).encode(), URL, pinned_contexts()) == document


def test_a_context_may_fit_one_version_of_the_data_model_alone() -> None:
    """Protected terms of one may not be given a meaning beside it; beside the other they are free."""
    known = pinned_contexts()
    term = {
        "@id": "https://www.w3.org/2018/credentials#validUntil",
        "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
    }
    fits_first = {"@context": {"validUntil": term | {"@type": "@id"}}}
    assert require_context(json.dumps(fits_first).encode(), URL, known) == fits_first
    assert "beside https://www.w3.org/" in refusal({"id": "@id", "A": {"@type": "@none-such", "@id": ":::"}})


def test_a_file_is_read_up_to_its_bound() -> None:
    known = pinned_contexts()
    document = json.dumps({"@context": {}}).encode()
    require_context(document.ljust(MAX_BYTES), URL, known)
    with pytest.raises(TooLargeError):
        require_context(document.ljust(MAX_BYTES + 1), URL, known)
    with pytest.raises(InputError, match="has no @context"):
        require_context(b"{}", URL, known)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (V2, "what is carried is never replaced"),
        (V1, "what is carried is never replaced"),
        ("http://contexts.example/v1", "pinned for an https address"),
        ("contexts.example", "pinned for an https address"),
    ],
)
def test_an_address_is_one_of_https_that_is_not_carried(url: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        require_context(CONTENT, url, pinned_contexts())
