"""Every reader of what strangers send, as a function of bytes, with good samples to begin from.

The same functions serve hypothesis (`test_targets.py`, every day) and libFuzzer (`./dev fuzz`, by command). A
target returns or raises a CredservError; everything else that it raises is a find. Where a signature is
judged, whatever verifies must say what its sample says: a forgery that passes is a find, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from credserv.carriers import pdf_reading, qr_reading
from credserv.carriers.web_page import find_alternate
from credserv.carriers.zip_file import is_zip, read_zip, write_zip
from credserv.exchange.archive import (
    MANIFEST,
    SIGNATURE,
    Archive,
    Packed,
    Page,
    is_archive,
    open_archive,
    pack,
)
from credserv.exchange.bookings import Booking, Party, build_calendar
from credserv.exchange.lcw_backup import build_backup
from credserv.exchange.saml import IdentityProvider, ServiceProvider, read_answer
from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import merge_frameworks
from credserv.frameworks.readers import read_framework
from credserv.ground.encoding import KeyType
from credserv.ground.errors import CredservError, NoCredentialError
from credserv.ground.strict_json import parse_json, parse_json_object
from credserv.ground.verification import Outcome, VerificationResult
from credserv.journeys.transfer.parts import take_apart
from credserv.openbadges.baking import bake_png, bake_svg, svg_from_png, unbake
from credserv.proof.keys.certificate_answers import answer_made_at, read_certificate_answer
from credserv.proof.keys.certificate_lists import read_certificate_list
from credserv.proof.tokens.envelope import envelope_cose
from credserv.proof.tokens.sd_jwt_issue import sign_sd_jwt
from credserv.proof.tokens.vc_jwt import sign_vc_jwt
from credserv.sources.adapter import Message
from credserv.sources.adapters import ADAPTERS
from credserv.sources.php_values import parse_php
from credserv.status.bitstring import decode_list, encode_list
from credserv.trust.trust_list import parse_trusted_issuers
from credserv.web.frame.rendering import markdown
from tests.testkit import lti_platform
from tests.testkit.carriers import alternate, pdf, pdf_with_note, qr_code, web_page
from tests.testkit.certificates import FOR_ANSWERS, answer, certified, revocations
from tests.testkit.proofs import NOW, badge, issuer
from tests.testkit.saml import ISSUER, SIGN_IN, Key, make_key, packed, signed_answer
from tests.testkit.suites import SuiteIssuer, signer_of
from tests.testkit.tokens import token_issuer
from tests.testkit.verifying import STATUS_URL, Hosts, signed_list, verifier
from tests.testkit.webvh import History
from tests.testkit.xapi_statements import FULL

ADDRESS = "https://badges.example/credentials/1"
DID = "did:web:issuer.example"
DID_URL = "https://issuer.example/.well-known/did.json"
ALICE = issuer(1)


@dataclass(frozen=True)
class Target:
    """samples: good ones. words: what a mutation may put in, of the format's own language."""

    read: Callable[[bytes], object]
    samples: Callable[[], tuple[bytes, ...]]
    words: tuple[bytes, ...] = ()


class Find(Exception):
    """Something passed that must not."""


def run(target: Target, data: bytes) -> None:
    """Raises what no input may cause, and nothing else."""
    try:
        target.read(data)
    except CredservError:
        return


# --- texts ----------------------------------------------------------------------------------------

_JSON_WORDS = (
    b"null",
    b"true",
    b"1e999",
    b"-0",
    b"\\u0000",
    b"\\ud800",
    b"{}",
    b"[]",
    b'""',
    b'{"@id":1}',
    b"[[",
)


@cache
def good() -> dict[str, Any]:
    return ALICE.sign(badge(ALICE))


def _dump(*documents: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(document).encode() for document in documents)


def _read_credential(data: bytes) -> None:
    """Where the proof is over every member as it stands (JCS), what verifies is a sample."""
    document = parse_json_object(data)
    result = _verify(document)
    if result.verified and document not in [json.loads(sample) for sample in _credentials()]:
        raise Find("a changed credential was verified")


@cache
def _credentials() -> tuple[bytes, ...]:
    exact = [SuiteIssuer(name, signer_of(kind, 3)) for name, kind in (
        ("eddsa-jcs-2022", KeyType.ED25519), ("ecdsa-jcs-2019", KeyType.P256))]  # fmt: skip
    return _dump(*(by.sign() for by in exact))


def _read_graph(data: bytes) -> None:
    """Over RDF several documents mean the same, so that a verdict is all that is asked."""
    _verify(parse_json_object(data))


def _verify(secured: str | Mapping[str, Any], **pages: Any) -> VerificationResult:
    hosts = Hosts({STATUS_URL: signed_list(ALICE)} | pages)
    return verifier().verify_secured(secured, now=NOW, resolvers=hosts.resolvers).result


# --- tokens ---------------------------------------------------------------------------------------


@cache
def _tokens() -> tuple[bytes, ...]:
    by = token_issuer()
    return (sign_vc_jwt(by.badge(), signer=by.signer, verification_method=by.method).encode(),)


@cache
def _selective_tokens() -> tuple[bytes, ...]:
    by = token_issuer()
    return (sign_sd_jwt(by.badge(), signer=by.signer, verification_method=by.method).encode(),)


def _read_token(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    if _verify(text).verified and data not in (*_tokens(), *_selective_tokens()):
        raise Find("a changed token was verified")


# --- pictures, PDFs, pages ------------------------------------------------------------------------


@cache
def _picture() -> bytes:
    return qr_code(ADDRESS)


def _pngs() -> tuple[bytes, ...]:
    return (bake_png(_picture(), _dump(good())[0]), bake_png(_picture(), _tokens()[0]))


def _svgs() -> tuple[bytes, ...]:
    drawing = svg_from_png(_picture(), "A badge")
    return (bake_svg(drawing, _dump(good())[0]), bake_svg(drawing, _tokens()[0]))


def _pdfs() -> tuple[bytes, ...]:
    credential = _dump(good())[0]
    return (
        pdf({"badge.json": credential}),
        pdf({"badge.json": credential}, associated=True),
        pdf_with_note("badge.json", credential),
        pdf(links=(ADDRESS,)),
    )


def _read_picture(data: bytes) -> None:
    try:
        qr_reading.read(data)
    except qr_reading.DAMAGED as error:
        raise NoCredentialError("damaged") from error


def _read_pdf(data: bytes) -> None:
    """As the process that reads PDFs does, without the process: it answers with what it found, or not."""
    try:
        json.dumps(pdf_reading.read(data))
    except pdf_reading._MALFORMED as error:  # as its `main` does
        raise NoCredentialError("damaged") from error


def _pages() -> tuple[bytes, ...]:
    return (web_page(alternate(ADDRESS)), web_page(alternate("/badge.json", "application/json")), web_page())


# --- what hosts serve -----------------------------------------------------------------------------


def _read_status_list(data: bytes) -> None:
    check = _verify(good(), **{STATUS_URL: data}).check("status")
    believed = check is not None and check.outcome is Outcome.PASSED
    if believed and _said(parse_json_object(data)) != _said(signed_list(ALICE)):
        raise Find("a changed status list was believed")


def _said(value: Any) -> Any:
    """What it says in JSON-LD and to whoever reads it: a term with an empty list or null nothing, a list of
    one item as much as the item, and an item twice no more than once."""
    if isinstance(value, dict):
        return {name: _said(member) for name, member in value.items() if member not in ([], None)}
    if not isinstance(value, list):
        return value
    items: list[Any] = []
    for item in map(_said, value):
        if item not in items:
            items.append(item)
    return items[0] if len(items) == 1 else items


@cache
def _by_did() -> dict[str, Any]:
    document = badge(ALICE, issuer={"id": DID, "type": ["Profile"], "name": "Example"})
    method = f"{DID}#{ALICE.signer.public_key_multibase}"
    return {**document, "proof": ALICE.prove(document, verificationMethod=method)}


def _did_documents() -> tuple[bytes, ...]:
    key = ALICE.signer.public_key_multibase
    method = {"id": f"{DID}#{key}", "type": "Multikey", "controller": DID, "publicKeyMultibase": key}
    jwk = {**method, "type": "JsonWebKey2020", "publicKeyJwk": token_issuer().jwk}
    del jwk["publicKeyMultibase"]
    context = ["https://www.w3.org/ns/did/v1"]
    return _dump(
        {"@context": context, "id": DID, "verificationMethod": [method], "assertionMethod": [method["id"]]},
        {"@context": context, "id": DID, "verificationMethod": [jwk], "assertionMethod": [jwk["id"]]},
        {"@context": context, "id": DID, "assertionMethod": [method]},
    )


@cache
def _history() -> History:
    return History().change().change()


def _read_log(data: bytes) -> object:
    return _verify(_history().badge(), **{_history().url: data})


def _trust_lists() -> tuple[bytes, ...]:
    named = {"id": ALICE.did, "name": "Example Academy"}
    registry = {"registry": {ALICE.did: {"name": "Example Academy", "url": "https://academy.example"}}}
    return (*_dump({"issuers": [named]}, registry), f"id,name\n{ALICE.did},Example Academy\n".encode())


def _read_framework(data: bytes) -> None:
    found = read_framework(data, Asked(base="https://frameworks.example/", file="skills_en.csv"))
    merge_frameworks([found])


def _frameworks() -> tuple[bytes, ...]:
    skill = "http://data.europa.eu/esco/skill/1"
    node = {"@id": skill, "@type": "ceasn:Competency", "ceasn:competencyText": {"en": "Leads"}}
    item = {"uri": skill, "identifier": "1", "fullStatement": "Leads", "conceptKeywords": ["a"]}
    link = {"associationType": "isChildOf", "originNodeURI": item, "destinationNodeURI": item}
    rsd = {"type": "RichSkillDescriptor", "id": skill, "skillName": "Lead", "skillStatement": "Leads"}
    document = {"uri": skill, "title": "F", "CFPackageURI": {"uri": skill}}
    return (
        *_dump(
            {"@graph": [node]}, rsd, {"CFDocument": document, "CFItems": [item], "CFAssociations": [link]}
        ),
        f"conceptUri,preferredLabel,altLabels\n{skill},lead,a | b\n".encode(),
        b"Element ID\tElement Name\n1.A\tAbilities\n",
        b"Code;Skill;Level 1 description\nA;Lead;Leads a few people\n",
    )


# --- learning systems -----------------------------------------------------------------------------


def _reads(dialect: str) -> Callable[[bytes], object]:
    return lambda data: ADAPTERS[dialect].read(Message(data), {})


def _canvas() -> tuple[bytes, ...]:
    metadata = {
        "event_name": "grade_change",
        "event_time": "2026-11-01T10:00:00Z",
        "root_account_id": "1" * 17,
    }
    body = {"student_id": "4" * 17, "assignment_id": "5", "score": 5, "points_possible": 10}
    return _dump({"metadata": metadata, "body": body})


def _moodle() -> tuple[bytes, ...]:
    event = {"eventname": "\\core\\event\\course_module_completion_updated", "relateduserid": "7"}
    other = 'a:2:{s:15:"completionstate";i:1;s:10:"overrideby";N;}'
    return _dump({**event, "contextinstanceid": 3, "timecreated": 1763712000, "other": other})


def _openedx() -> tuple[bytes, ...]:
    metadata = {"event_type": "org.openedx.learning.course.passing.status.updated.v1", "id": "1"}
    data = {
        "is_passing": True,
        "user": {"id": 1, "pii": {"email": "a@b.example"}},
        "course": {"course_key": "c"},
    }
    form = b"a.Data_is_passing=True&a.Data_user_id=1&event_metadata_event_type=x"
    return (*_dump({"x": data, "event_metadata": metadata}), form)


def _caliper() -> tuple[bytes, ...]:
    event = {"type": "GradeEvent", "action": "Graded", "actor": "https://a.example", "object": "urn:attempt"}
    attempt = {
        "id": "urn:attempt",
        "type": "Attempt",
        "assignee": "https://b.example",
        "assignable": "urn:quiz",
    }
    version = "http://purl.imsglobal.org/ctx/caliper/v1p2"
    graded = {**event, "generated": {"type": "Score", "scoreGiven": 1.5, "maxScore": 2}}
    return _dump({"sensor": "s", "dataVersion": version, "data": [graded, attempt]})


def _generic() -> tuple[bytes, ...]:
    data = {"learner": {"id": "7"}, "course": {"id": "c"}, "result": {"score": 0.5, "passed": True}}
    return _dump({"type": "course.completed", "timestamp": "2026-11-01T10:00:00Z", "data": data})


def _xapi() -> tuple[bytes, ...]:
    return _dump(FULL, [FULL], {"statements": [FULL]})


def _lti() -> tuple[bytes, ...]:
    launch = lti_platform.claims(NOW, "n")
    members = {"members": [{"user_id": "7", "email": "a@b.example", "status": "Active"}]}
    results = [{"id": "r", "scoreOf": "i", "userId": "7", "resultScore": 0.5, "resultMaximum": 1}]
    token = lti_platform.sign(launch).encode()
    return (*_dump(launch, members, results), token, b"state=x&id_token=" + token)


def _files() -> tuple[bytes, ...]:
    return (
        b"Employee ID;Course Code;Completion Date;Status;Score\n1;c;21/11/2026;Completed;87,5\n",
        b'{"email": "a@b.example", "course": "c", "completed": true}\n',
    )


# --- files of authorities, organisations and wallets ----------------------------------------------

_ROOT = certified("Root", ca=True)
_LEAF = certified("Signer", _ROOT, dns="issuer.example")
_LIST_URL = "http://ca.example/root.crl"


def _read_revocations(data: bytes) -> None:
    listed = read_certificate_list(data, _LIST_URL, _ROOT.certificate)
    listed.require_good(_LEAF.certificate)
    if data not in _revocation_lists():
        raise Find("a changed list of revoked certificates was believed")


@cache
def _revocation_lists() -> tuple[bytes, ...]:
    return (revocations(_ROOT), revocations(_ROOT, *[certified("Other", _ROOT)] * 3))


def _read_certificate_answer(data: bytes) -> None:
    read_certificate_answer(data, _LEAF.certificate, _ROOT.certificate).require_good(_LEAF.certificate)
    if answer_made_at(data) != answer_made_at(_certificate_answers()[0]):
        raise Find("a changed answer about a certificate was believed")


@cache
def _certificate_answers() -> tuple[bytes, ...]:
    by = certified("Answers", _ROOT, more_extensions=(FOR_ANSWERS,))
    return tuple(answer(one, about=_LEAF, authority=_ROOT, along=(one,)) for one in (_ROOT, by))


_SERVICE = ServiceProvider("https://b.example/saml/metadata", "https://b.example/saml/acs")


@cache
def _saml_key() -> Key:
    return make_key()


def _read_saml(data: bytes) -> None:
    certificate = "".join(_saml_key().cert.splitlines()[1:-1])
    provider = IdentityProvider(ISSUER, SIGN_IN, (certificate,))
    if read_answer(_SERVICE, provider, packed(data), "_q").id != "mia":
        raise Find("a changed answer signed somebody in")


@cache
def _saml_answers() -> tuple[bytes, ...]:
    return (signed_answer(_SERVICE, _saml_key(), "_q"),)


def _read_archive(data: bytes) -> None:
    take_apart(data)
    if is_zip(data) and is_archive(files := read_zip(data)):
        open_archive(files)


@cache
def _archives() -> tuple[bytes, ...]:
    held = Archive(
        NOW,
        DID,
        (Packed("credentials/1.json", _dump(good())[0], "A badge", for_holder=True),),
        {DID: json.loads(_did_documents()[0])},
        {STATUS_URL: Page(_dump(signed_list(ALICE))[0], "application/json")},
    )
    files, manifest = pack(held, {"index.html": b"<p>"})
    archive = write_zip({**files, MANIFEST: manifest, SIGNATURE: b"a.b.c"})
    clr = {"type": ["ClrCredential"], "credentialSubject": {"verifiableCredential": [good()]}}
    texts = (build_backup([good()], [], name="Pat"), *_dump([good()], clr), b"https://a.example/\na.b.c\n")
    return (archive, *(write_zip({"a.json": text}) for text in texts), *texts)


def _write_calendar(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    party = Party(text, "a@b.example")
    begins, ends = NOW, NOW + timedelta(hours=1)
    told = build_calendar(
        Booking("a@b", 1, NOW, begins, ends, text, text, "https://b.example/", party, party)
    )
    if told.count(b"\r\nATTENDEE") != 1 or told.count(b"BEGIN:VEVENT") != 1:
        raise Find("a text became a line of its own")


_MESSAGES = {
    "canvas": _canvas,
    "moodle": _moodle,
    "openedx": _openedx,
    "caliper": _caliper,
    "generic": _generic,
    "xapi": _xapi,
    "lti": _lti,
}

TARGETS: Mapping[str, Target] = {
    "framework": Target(_read_framework, _frameworks, (*_JSON_WORDS, b"\t", b";", b'"', b" | ", b"@graph")),
    "json": Target(parse_json, lambda: _dump(good(), [1.5, None, "\u00e9", {"a": []}]), _JSON_WORDS),
    "credential": Target(_read_credential, _credentials, _JSON_WORDS),
    "graph": Target(_read_graph, lambda: _dump(good()), _JSON_WORDS),
    "jwt": Target(_read_token, _tokens, (b".", b"~", b"e30", b"=", b"eyJhbGciOiJub25lIn0")),
    "sd-jwt": Target(_read_token, _selective_tokens, (b".", b"~", b"~~", b"e30", b"WyJhIiwiYiIsMV0")),
    "cose": Target(envelope_cose, lambda: _tokens(), (b"\xd2", b"\x84", b"\xa0", b"\xbf", b"\xff")),
    "png": Target(unbake, _pngs, (b"IHDR", b"iTXt", b"tEXt", b"zTXt", b"IEND", b"openbadgecredential\0")),
    "svg": Target(
        unbake, _svgs, (b"<!DOCTYPE", b"<![CDATA[", b"]]>", b"&#0;", b"<!--", b"openbadges:credential")
    ),
    "pdf": Target(
        _read_pdf, _pdfs, (b"obj", b"endobj", b"stream", b"/EF", b"/AF", b"xref", b"trailer", b"/Kids")
    ),
    "qr": Target(_read_picture, lambda: (_picture(), qr_code(ADDRESS, "x", form="GIF")), (b"IHDR", b"IDAT")),
    "html": Target(
        lambda data: find_alternate(data, ADDRESS),
        _pages,
        (b"<link", b"href=", b"<base", b"<!", b"&#x0;", b"\0"),
    ),
    "markdown": Target(
        lambda data: markdown(data.decode("utf-8", "replace")),
        lambda: (
            b"Two **observed** `runs`, see [this](https://a.example/ 'x') and <https://b.example/>\n\n- a\n",
        ),
        (
            b"[",
            b"](",
            b"![",
            b"*_",
            b"`",
            b"> - ",
            b"<a",
            b"&#",
            b"\\",
            b"[a]: b\n",
            b"<li>",
            b"```\n",
            b"- a\n",
        ),
    ),
    "calendar": Target(
        _write_calendar,
        lambda: (b"Pat and Mia: first session", "Zo\u00eb\r\nATTENDEE:mailto:x".encode()),
        (b"\r\n", b";", b'"', b"\xe2\x80\xa8", b"\\n", b"END:VEVENT", b"^n"),
    ),
    "archive": Target(
        _read_archive, _archives, (b"PK\x01\x02", b"PK\x03\x04", b"../", b"{},", b"a.b.c\n", b'"file":')
    ),
    "saml": Target(
        _read_saml,
        _saml_answers,
        (
            b"<a/>",
            b'<Transform xmlns="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>',
            b'<Transform xmlns="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><XPath>'
            b"count(//*[count(//*)>0])>0</XPath></Transform>",
            b"&amp;",
            b"<!--",
            b' xmlns:a="urn:a"',
        ),
    ),
    "crl": Target(_read_revocations, _revocation_lists, (b"\x30\x80", b"\x30\x84", b"\x00", b"\x06\x03")),
    "ocsp": Target(_read_certificate_answer, _certificate_answers, (b"\x30\x80", b"\x30\x84", b"\x02\x01")),
    "status-list": Target(_read_status_list, lambda: _dump(signed_list(ALICE)), _JSON_WORDS),
    "encoded-list": Target(
        lambda data: decode_list(data.decode("utf-8", "replace")),
        lambda: (encode_list((1, 5), 131_072).encode(),),
        (b"u", b"uH4sI", b"="),
    ),
    "did-document": Target(lambda data: _verify(_by_did(), **{DID_URL: data}), _did_documents, _JSON_WORDS),
    "did-log": Target(_read_log, lambda: (_history().log,), (*_JSON_WORDS, b"\n", b"did:webvh:", b"1-Qm")),
    "trust-list": Target(parse_trusted_issuers, _trust_lists, (*_JSON_WORDS, b'"', b"\r\n", b",", b"\0")),
    **{name: Target(_reads(name), samples, _JSON_WORDS) for name, samples in _MESSAGES.items()},
    "csv": Target(
        _reads("csv"), _files, (b'"', b"\r\n", b";", b"\t", b"=1", b"1.234,5", b"\xff", b"{", b"sep=;")
    ),
    "php": Target(
        lambda data: parse_php(data.decode("utf-8", "surrogateescape")),
        lambda: (b'a:2:{s:1:"x";i:1;i:0;a:1:{s:1:"y";d:0.5;}}', b"N;", b"b:1;"),
        (b"a:9999999:{", b'O:8:"stdClass":0:{}', b"R:1;", b"s:-1:", b"i:" + b"9" * 500, b"d:NAN;"),
    ),
}
