"""Attacks on the doors of the verifier, through HTTP: malformed input is a 4xx with its reason, and soon."""

from __future__ import annotations

import base64
import gc
import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.fuzz.targets import TARGETS
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.service import Service, make_service
from tests.testkit.why import why
from tests.testkit.zips import zlib_bomb

ONE, MANY, PAGE = "/api/v1/verify", "/api/v1/verify/batch", "/verify"
BOMB = base64.urlsafe_b64encode(zlib_bomb(b"\0", 50)).rstrip(b"=")
MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t",
    "deep": b"[" * 100_000,
    "deep-object": b'{"a":' * 100_000,
    "wide": b"{" + b",".join(b'"%d":1' % n for n in range(70_000)) + b"}",
    "digits": b'{"a":' + b"9" * 1_000_000 + b"}",
    "infinity": b'{"a":1e999}',
    "nan": b'{"a":NaN}',
    "unended": b'{"a":"' + b"x" * 900_000,
    "duplicate": b'{"a":1,"a":2}',
    "surrogate": b'{"a":"\\ud800"}',
    "nul": b'{"a":"\\u0000"}',
    "not-utf-8": b'{"a":"\xff"}',
    "utf-16": '{"a":1}'.encode("utf-16-be"),
    "list": b"[]",
    "word": b"hello",
    "dots": b"." * 100_000,
    "tildes": b"a.b.c" + b"~" * 100_000,
    "token": b"a.b.c",
    "compressed-token": b"eyJ6aXAiOiJERUYifQ." + BOMB + b".c2ln"[:3] + b"=",
    "png": b"\x89PNG\r\n\x1a\n" + b"\xff" * 1_000,
    "svg": b"<svg " + b"a" * 100_000,
    "entities": b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">]><svg>&a;</svg>',
    "html": b"<!doctype html><title>x</title>",
    "pdf": b"%PDF-1.7\n" + b"1 0 obj" * 10_000,
    "gif": b"GIF89a" + bytes(100),
    "gzip": zlib.compress(b"{}"),
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("doors")
    url = f"sqlite:///{folder / 'c.sqlite'}"
    return make_service(url, folder, starters=False, rate_verify="1000000/minute")


def ask(service: Service, door: str, **options: Any) -> TestResponse:
    started = time.process_time()
    answer = service.client().post(door, **options)
    assert time.process_time() - started < HANGS_AFTER
    return answer


def ask_form(service: Service, door: str, *files: bytes, **fields: str) -> TestResponse:
    """A form, written out: the client's own way keeps large ones in files that it does not close."""
    heads = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    heads += [b'name="file"; filename="badge"\r\n\r\n' + data for data in files]
    body = (
        b"".join(b"--x\r\nContent-Disposition: form-data; " + head + b"\r\n" for head in heads) + b"--x--\r\n"
    )
    return ask(service, door, data=body, content_type="multipart/form-data; boundary=x")


def is_refused(answer: TestResponse) -> bool:
    """A 4xx that says why, to machines as a problem document."""
    assert answer.content_type == "application/problem+json"
    problem = answer.json
    return 400 <= answer.status_code < 500 and bool(problem["detail"]) and bool(problem["code"])


@pytest.mark.parametrize("name", MALFORMED)
def test_attack_39_40_what_is_malformed_is_refused_with_a_reason(service: Service, name: str) -> None:
    data = MALFORMED[name]
    for media_type in ("text/plain", "image/png", "application/json", "application/vc", "application/pdf"):
        assert is_refused(ask(service, ONE, data=data, content_type=media_type)), media_type
    assert is_refused(ask_form(service, ONE, data))
    page = ask_form(service, PAGE, data)
    assert (page.mimetype, "What to do now:" in page.text) == ("text/html", True)
    assert 400 <= page.status_code < 500
    for door in (MANY, "/credentials/verify", "/presentations/verify"):
        assert is_refused(ask(service, door, data=data, content_type="application/json"))


@pytest.mark.parametrize("name", MALFORMED)
def test_attack_39_40_one_malformed_file_of_several_costs_the_others_nothing(
    service: Service, name: str
) -> None:
    answer = ask_form(service, MANY, MALFORMED[name], TARGETS["credential"].samples()[0])
    assert answer.status_code == 200, answer.text
    bad, other = answer.json["items"]
    # Larger or deeper than is read, or a damaged file: neither says anything of a credential (found H1, S3).
    unread = name in ("deep", "deep-object", "wide", "entities", "png", "svg", "pdf", "gif")
    verdict = "could_not_be_checked" if unread else "not_verified"
    assert (bad["kind"], bad["verdict"]) == ("unreadable", verdict)
    assert bad["checks"][0]["reason"]
    assert other["verdict"] in ("verified_issuer_unknown", "could_not_be_checked")  # its list is elsewhere


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_attack_39_changed_samples_of_every_form_are_answered(service: Service, name: str) -> None:
    samples = TARGETS[name].samples()

    @settings(max_examples=4 if name == "pdf" else 15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(samples), st.integers(0, 1 << 20), st.binary(max_size=8))
    def change(sample: bytes, at: int, piece: bytes) -> None:
        at %= len(sample) + 1
        data = sample[:at] + piece + sample[at + 1 :]
        answer = ask(service, ONE, data=data, content_type="text/plain")
        if answer.status_code == 200:
            assert answer.json["verdict"]
        else:
            assert is_refused(answer)

    change()


# --- attack 41: long texts where a pattern is looked for ------------------------------------------

LONG = 100_000


@pytest.mark.parametrize(
    "member",
    [
        {"url": "https://" + "a" * LONG},
        {"url": "https://" + "a." * LONG},
        {"credential": "a" * LONG},
        {"credential": "a." * LONG},
        {"credential": "a.b.c" + "~a" * LONG},
        {"credential": {}, "recipient": "@" * LONG},
        {"credential": {}, "recipient": "a@" + "a." * 900},
        {"credential": {}, "organisation": "-" * LONG},
        {"presentation": {"type": ["VerifiablePresentation"], "holder": ":" * LONG}},
        {"credential": {"validFrom": "2026-01-01T00:00:00." + "0" * LONG}},
        {"credential": {"@context": ["https://www.w3.org/ns/credentials/v2"], "id": "https://" + "/" * LONG}},
    ],
    ids=lambda member: "-".join(member),
)
def test_attack_41_long_texts_take_no_longer_than_they_are(service: Service, member: dict[str, Any]) -> None:
    answer = ask(service, ONE, json=member)
    if answer.status_code == 200:
        assert answer.json["verified"] is False
        assert why(answer.json) >= {"proof: missing-proof", "structure: invalid-input"}
    else:
        assert is_refused(answer)


def test_attack_41_keys_that_collide_cost_nothing(service: Service) -> None:
    members = {str(number * (2**61 - 1)): 1 for number in range(15_000)}
    answer = ask(service, ONE, json={"credential": members})
    assert answer.json["verdict"] == "not_verified"
    assert why(answer.json) == {"proof: missing-proof", "structure: invalid-input", "subject: invalid-input"}


# --- attacks 42 and 44 ----------------------------------------------------------------------------


@pytest.mark.parametrize("door", [ONE, MANY, PAGE])
@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "identity, gzip"])
def test_attack_42_compressed_bodies_are_not_read(service: Service, door: str, encoding: str) -> None:
    answer = ask(service, door, data=BOMB, headers={"Content-Encoding": encoding})
    assert answer.status_code == 415


def test_attack_44_forms_with_too_many_parts_or_too_much_in_them_are_refused(service: Service) -> None:
    assert ask_form(service, MANY, *[b"x"] * 101).status_code == 422
    many = {f"part{number}": "x" for number in range(1_000)}
    for door in (ONE, MANY, PAGE):
        assert ask_form(service, door, **many).status_code == 413
        assert ask_form(service, door, recipient="x" * 2_000_000).status_code == 413
    assert ask_form(service, ONE, bytes(4_300_000)).status_code == 413
    assert ask_form(service, MANY, bytes(16_800_000)).status_code == 413


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # werkzeug's, of a file begun
def test_attack_44_half_a_form_is_refused(service: Service) -> None:
    kind = "multipart/form-data; boundary=x"
    for body in (b"", b"--x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{}'):
        for door in (ONE, MANY):
            assert is_refused(ask(service, door, data=body, content_type=kind))
            gc.collect()
    assert is_refused(ask(service, ONE, data=b"{}", content_type="multipart/form-data"))


def test_attack_44_many_query_parameters_are_refused(service: Service) -> None:
    query = "&".join(f"a{number}=1" for number in range(10_000))
    for door in (ONE, MANY):
        assert ask(service, f"{door}?{query}", json={"credential": {}}).status_code == 414


def test_attack_102_members_that_no_shape_names_are_faults(service: Service) -> None:
    answer = ask(service, ONE, data=json.dumps({"credential": {}, "verified": True}).encode(),
                 content_type="application/json")  # fmt: skip
    assert answer.json["faults"] == [{"place": "/verified", "message": "Unknown field."}]
