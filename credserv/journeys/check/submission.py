"""Find the text of a credential in whatever carries it, by content alone.

It may be JSON, JWT, SD-JWT or COSE; a picture with a baked credential or a QR code; a PDF with an attachment
or a link; a link to any of those, or to a page that links to one. Links to our own credentials are answered
from the store, never by calling ourselves over HTTP. If the reader did not give the credential itself,
`found_in` names the URLs and files that led to it, because whoever made a QR code or PDF chose them (attack
62).
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from credserv.carriers.pdf import is_pdf, read_pdf
from credserv.carriers.qr_code import is_picture, read_qr_codes
from credserv.carriers.web_page import find_alternate, is_page
from credserv.ground.addresses import LINK
from credserv.ground.errors import (
    CredservError,
    InputError,
    NoCredentialError,
    NotFoundError,
    SeveralCredentialsError,
    TooLargeError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.names import cut, one_line
from credserv.ground.own_addresses import is_under
from credserv.ground.strict_json import parse_json_object
from credserv.journeys.check.cleaning import clean_pasted, holds_several, with_lost_end
from credserv.journeys.services import Services
from credserv.openbadges.baking import MAX_IMAGE_BYTES, claims_credential, is_image, unbake
from credserv.proof.tokens.envelope import envelope_cose
from credserv.records.credentials import CredentialState

COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:~[A-Za-z0-9_.~-]*)?", re.ASCII)
_ACCEPT = (
    "application/vc, application/vc+ld+json, application/ld+json, application/json, application/vc+jwt, "
    "application/vc+sd-jwt, application/jwt, "
    "image/png, image/svg+xml;q=0.9, */*;q=0.1"
)
_LINK = re.compile(LINK.encode(), re.ASCII)
_CREDENTIAL_MEMBERS = frozenset({"verifiableCredential", "credentialSubject", "badge", "proof"})
_ENVELOPES = ("EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation")
_FORM_ENDINGS = (".json", ".jwt", ".png", ".svg")
_BLANK = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_MAX_FETCHES = 2  # from a link to a page, and from the page to the credential
_MAX_TOLD_CHARS = 200
_VISIBLE = (CredentialState.ACTIVE, CredentialState.SUSPENDED, CredentialState.REVOKED)


@dataclass(frozen=True)
class Submission:
    """A credential that was found.

    Attributes:
        text: The credential as given, byte for byte except for surrounding whitespace; COSE in its envelope.
        found_in: How it was found, in words.
        document: The same as JSON, strictly read, if it was read on the way.
        by_link: Whether it came from a URL and not from the input itself.
    """

    text: bytes
    found_in: str = ""
    document: JsonObject | None = None
    by_link: bool = False


def read_submission(services: Services, *, data: bytes | None, url: str | None, now: datetime) -> Submission:
    """Find the credential in `data` or at `url`; exactly one of them is given.

    Args:
        data: A file or pasted text.
        url: A link.

    Raises:
        InputError: Nothing was given.
        TooLargeError: It is larger than `max_document_bytes` (4 MiB for a picture or PDF).
        BakingError: A picture is unsafe.
        NoCredentialError: There is no credential, or several.
        NotFoundError, GoneError: A URL of ours leads to nothing.
        UnavailableError: A link cannot be followed now.
    """
    reading = _Reading(services, now)
    if (data is None) == (url is None):
        raise InputError("give either the credential itself or a link to it")
    try:
        text = reading.follow(url.strip()) if url is not None else reading.open(data or b"")
    except CredservError as error:  # report a link that leads nowhere together with its origin
        error.found_in = "; ".join(reading.steps)
        raise
    return Submission(text, "; ".join(reading.steps), reading.documents.get(text), reading.by_link)


class _Reading:
    """One path from the input to the text of a credential.

    Attributes:
        steps: The steps in words.
        documents: What was read as JSON on the way, so that nothing is read twice.
    """

    def __init__(self, services: Services, now: datetime) -> None:
        self._services = services
        self._now = now
        self._fetches = 0
        self.by_link = False
        self.steps: list[str] = []
        self.documents: dict[bytes, JsonObject] = {}

    def open(self, data: bytes) -> bytes:
        """Return the credential in a file, or in text that may be a link."""
        if _carries(data):
            return self._open_carrier(data, "")
        text = self._text(data)
        if _LINK.fullmatch(text):
            return self.follow(text.decode("ascii"))
        text, cleaned = clean_pasted(text, self._read)
        if holds_several(text, self.documents.get(text)):
            raise SeveralCredentialsError("there are several credentials; give one of them")
        if cleaned:
            self.steps.append(cleaned)
        whole = with_lost_end(text)
        if whole != text:
            self.steps.append("the text that was pasted, with the ~ at its end that was lost")
        return whole

    def follow(self, url: str) -> bytes:
        """Return the credential that a link leads to, through one page at most."""
        self.by_link = True
        if _is_ours(self._services, url):
            return self._own(url)
        self._fetches += 1
        if self._fetches > _MAX_FETCHES:
            raise NoCredentialError("the links lead on and on; give the address of the credential itself")
        body = self._services.fetcher.get(url, accept=_ACCEPT, max_bytes=MAX_IMAGE_BYTES).body
        if _carries(body):
            return self._open_carrier(body, url)
        return self._text(body)  # never as a link: a host sends readers on only through a page

    def _open_carrier(self, data: bytes, address: str) -> bytes:
        """Open a file. `address` is where it was fetched; "" if it was given."""
        if is_picture(data):
            return self._open_picture(data)
        if is_pdf(data) and not is_image(data):  # an SVG may mention PDFs
            return self._open_pdf(data)
        return self._open_page(data, address) if is_page(data) else self._open_baked(data)

    def _text(self, data: bytes) -> bytes:
        cose = envelope_cose(data) if len(data) <= self._services.max_document_bytes else None
        if cose is not None:  # binary or base64; once enveloped it is text like the rest
            return json.dumps(cose).encode()
        if data.startswith(_UTF_16_MARKS):  # as some editors and shells save text
            with suppress(UnicodeDecodeError):
                data = data.decode("utf-16").encode()
        text = data.removeprefix(_BYTE_ORDER_MARK).strip(_BLANK)
        if not text:
            raise InputError("there is nothing to check")
        if len(text) > self._services.max_document_bytes:
            raise TooLargeError(f"at most {self._services.max_document_bytes} bytes of text are checked")
        return text

    def _read(self, text: bytes) -> JsonObject | None:
        """Return the JSON object, read once; None if it is none."""
        if text not in self.documents:
            try:
                self.documents[text] = parse_json_object(text, max_bytes=self._services.max_document_bytes)
            except InputError:
                return None
        return self.documents[text]

    def _looks_like_credential(self, text: bytes) -> bool:
        """Return whether it may be meant as a credential; PDFs and QR codes also carry other JSON."""
        if COMPACT.fullmatch(text):
            return True
        document = self._read(text)
        if document is None:
            return False
        if _CREDENTIAL_MEMBERS.isdisjoint(document) and document.get("type") not in _ENVELOPES:
            del self.documents[text]  # a file may contain much else
            return False
        return True

    # --- pictures ---------------------------------------------------------------------------------

    def _open_picture(self, picture: bytes) -> bytes:
        """Prefer a baked credential over a QR code."""
        if claims_credential(picture) and is_image(picture):
            return self._open_baked(picture)
        codes = [self._text(code) for code in read_qr_codes(picture) if code.strip(_BLANK)]
        codes = [code for code in codes if self._leads_to_ours(code)] or codes
        if not codes:
            raise NoCredentialError("the picture carries no credential, and no QR code was found in it")
        if len(codes) > 1:
            raise SeveralCredentialsError(
                "the picture shows several QR codes; give one that shows a single one"
            )
        return self._take("the QR code of the picture", codes[0])

    def _open_baked(self, picture: bytes) -> bytes:
        return self._take("the text baked into the picture", self._text(unbake(picture)))

    def _take(self, place: str, text: bytes) -> bytes:
        """Return the text found in a place, or what is at the URL in it."""
        if _LINK.fullmatch(text):
            url = text.decode("ascii")
            self.steps.append(f"{place}, which is the link {_tame(url)}")
            return self.follow(url)
        self.steps.append(place)
        if not self._looks_like_credential(text):
            raise NoCredentialError(f"{place} is neither a credential nor a link to one")
        return text

    # --- PDF --------------------------------------------------------------------------------------

    def _open_pdf(self, pdf: bytes) -> bytes:
        """Prefer attachments over links, and follow a link only if it is the only one."""
        content = read_pdf(pdf)
        found: dict[bytes, str] = {}
        for name, attached in content.attachments:
            text = self._attached(attached)
            if text is not None:
                found.setdefault(text, name)
        if len(found) > 1:
            names = ", ".join(_tame(name) for name in found.values())
            raise SeveralCredentialsError(
                f"the PDF carries several credentials ({names[:400]}); give one of them"
            )
        for text, name in found.items():
            return self._take(f"the attachment {_tame(name)} of the PDF", text)
        return self._follow_only_link(content.links)

    def _attached(self, attached: bytes) -> bytes | None:
        """Return the credential that an attachment is; None if it is something else."""
        try:
            baked = is_image(attached) and not is_page(attached)
            text = self._text(unbake(attached) if baked else attached)
        except InputError:
            return None
        return text if self._looks_like_credential(text) or (baked and _LINK.fullmatch(text)) else None

    def _follow_only_link(self, links: tuple[str, ...]) -> bytes:
        links = tuple(link for link in links if _LINK.fullmatch(link.encode("utf-8", "replace")))
        ours = {self._own_place(link): link for link in links if self._leads_to_ours(link.encode())}
        links = tuple(ours.values()) or links
        if len(links) != 1:
            said = "no credential and no link to one" if not links else "no credential, and several links"
            raise NoCredentialError(f"the PDF carries {said}; give the address of the credential itself")
        self.steps.append(f"the link in the PDF, {_tame(links[0])}")
        return self.follow(links[0])

    # --- pages ------------------------------------------------------------------------------------

    def _open_page(self, page: bytes, address: str) -> bytes:
        link = find_alternate(page, address)
        if link is None or not _LINK.fullmatch(link.encode("utf-8", "replace")):
            raise NoCredentialError("the page names no credential that it shows; give the credential itself")
        self.steps.append(f"the page {_tame(address) or 'given'}, which links to {_tame(link)}")
        return self.follow(link)

    # --- what is ours -----------------------------------------------------------------------------

    def _own(self, url: str) -> bytes:
        kind, name = self._own_place(url)
        owner = self._services.at(url)
        if kind == "shares":
            # Imported by services with shares, since it draws pictures.
            from credserv.journeys.hold.showing import open_share

            shown = open_share(owner, name, self._now)
            return self._open_carrier(shown, "") if _carries(shown) else shown
        if kind == "credentials":
            return _signed(owner, name)
        raise NotFoundError("there is no credential at that address")

    def _own_place(self, url: str) -> tuple[str, str]:
        path = urlsplit(url).path.removeprefix(urlsplit(self._services.at(url).base_of(url)).path)
        kind, _, name = path.strip("/").partition("/")
        return kind, _without_form(name) if kind == "credentials" else name

    def _leads_to_ours(self, text: bytes) -> bool:
        """Return whether it is a link to a credential in our store."""
        if not _LINK.fullmatch(text):
            return False
        url = text.decode("ascii")
        return _is_ours(self._services, url) and self._own_place(url)[0] in ("shares", "credentials")


def _without_form(name: str) -> str:
    for ending in _FORM_ENDINGS:
        name = name.removesuffix(ending)
    return name


def _signed(services: Services, credential_id: str) -> bytes:
    store = services.store
    record = store.credentials.get(credential_id) or store.copies.face(credential_id)
    if record is None or record.signed is None or record.state not in _VISIBLE or record.hidden_at:
        raise NotFoundError("there is no credential at that address")
    return record.signed


def _carries(data: bytes) -> bool:
    """Return whether it is a file that may contain a credential, and not the text of one."""
    if is_picture(data):
        return True
    start = data[:2_048].removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK)
    is_text = start.startswith(b"{") or _LINK.match(start) is not None
    return not is_text and (is_pdf(data) or is_page(data) or is_image(data))


def _is_ours(services: Services, url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError as error:
        raise InputError("that is not a web address") from error
    return any(is_under(address, url) for address in services.addresses)


def _tame(words: str) -> str:
    """Make a stranger's name or URL safe for a sentence: short, on one line,
    without characters that hide others.
    """
    shown = one_line(words)
    return shown if len(shown) <= _MAX_TOLD_CHARS else f"{cut(shown, _MAX_TOLD_CHARS)}…"
