"""SAML 2.0 as a service provider: our metadata, the request to an identity provider, its response.

Web Browser SSO (saml-profiles-2.0, section 4.1): the request goes by HTTP-Redirect, the response comes by
HTTP-POST, with a signed assertion for that request. python3-saml reads foreign XML (no DTD, no entity, by the
standard's schema) and verifies signatures, and that what is read is what was signed; what it leaves optional
is required here. It uses the machine's clock with a tolerance of five minutes.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from credserv.ground.addresses import is_https, split_address
from credserv.ground.encoding import format_instant
from credserv.ground.errors import InputError, UnauthenticatedError

MAX_METADATA_BYTES = 1_048_576
MAX_ANSWER_CHARS = 262_144

REFUSED = "your organisation's page did not sign you in: "
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_MAX_SIGNATURES = 2  # of the response and of its assertion
_MAX_PREFIX_CHARS = 512
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_TRANSFORMS = frozenset(
    {"http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2006/12/xml-c14n11"}
    | {_EXCLUSIVE, f"{_EXCLUSIVE}WithComments", _INCLUSIVE, f"{_INCLUSIVE}#WithComments"}
)
_EMAILS = (
    "email",
    "mail",
    "emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)
_NAMES = (
    "displayname",
    "name",
    "cn",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
)


@dataclass(frozen=True)
class ServiceProvider:
    """This service as an identity provider knows it.

    `answers` is where it posts (assertion consumer service).
    """

    entity_id: str
    answers: str


@dataclass(frozen=True)
class IdentityProvider:
    """An identity provider. `certificates`: base64 of DER, of its signing keys."""

    entity_id: str
    sign_in: str
    certificates: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """Who signed in. `id` is the provider's permanent name for them; `attributes` are all values by name."""

    id: str
    email: str | None
    name: str | None
    attributes: Mapping[str, tuple[str, ...]]


def build_metadata(own: ServiceProvider) -> bytes:
    """Build what an identity provider imports (saml-metadata-2.0, section 2.4.4)."""
    return (
        f'<EntityDescriptor xmlns="{_METADATA}" entityID={quoteattr(own.entity_id)}>'
        f'<SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" '
        f'protocolSupportEnumeration="{_PROTOCOL}">'
        f'<AssertionConsumerService index="0" isDefault="true" Binding="{_POST}" '
        f"Location={quoteattr(own.answers)}/>"
        "</SPSSODescriptor></EntityDescriptor>\n"
    ).encode()


def build_question(own: ServiceProvider, provider: IdentityProvider, request_id: str, now: datetime) -> str:
    """Return the address for the browser (saml-bindings-2.0, section 3.4.4.1)."""
    request = (
        f'<samlp:AuthnRequest xmlns:samlp="{_PROTOCOL}" xmlns:saml="{_ASSERTION}" ID={quoteattr(request_id)} '
        f'Version="2.0" IssueInstant="{format_instant(now)}" Destination={quoteattr(provider.sign_in)} '
        f'ProtocolBinding="{_POST}" AssertionConsumerServiceURL={quoteattr(own.answers)}>'
        f"<saml:Issuer>{escape(own.entity_id)}</saml:Issuer></samlp:AuthnRequest>"
    )
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflate.compress(request.encode()) + deflate.flush()
    joint = "&" if "?" in provider.sign_in else "?"
    return f"{provider.sign_in}{joint}{urlencode({'SAMLRequest': base64.b64encode(packed).decode()})}"


def parse_metadata(xml: bytes) -> IdentityProvider:
    """Parse metadata. Raises InputError with what is missing."""
    library = _library()
    if len(xml) > MAX_METADATA_BYTES:
        raise InputError("the metadata is larger than 1 MB: give that of one identity provider alone")
    try:
        tree = library.xml.to_etree(xml)
        providers = library.xml.query(tree, "//md:EntityDescriptor[md:IDPSSODescriptor]")
        read = library.metadata.parse(xml)
    except Exception:
        raise InputError("that is no SAML metadata that can be read") from None
    if len(providers) != 1 or len(library.xml.query(tree, "//md:EntityDescriptor")) != 1:
        raise InputError("the metadata has to be of one identity provider, and of nothing besides")
    found = read.get("idp", {})
    sign_in = str(found.get("singleSignOnService", {}).get("url", ""))
    if not is_https(sign_in):
        raise InputError("the metadata names no https address to sign in by HTTP-Redirect")
    named = found.get("x509certMulti", {}).get("signing") or [found.get("x509cert", "")]
    certificates = tuple(dict.fromkeys(one for one in named if one))
    if not certificates or not all(map(_is_certificate, certificates)):
        raise InputError("the metadata has no certificate to check signatures by, or one that cannot be read")
    entity_id = str(found.get("entityId", "")).strip()
    if not 0 < len(entity_id) <= 1_024:
        raise InputError("the metadata does not say what the identity provider is called (entityID)")
    return IdentityProvider(entity_id, sign_in, certificates)


def read_answer(own: ServiceProvider, provider: IdentityProvider, answer: str, request_id: str) -> Subject:
    """Return who signed in, from the SAMLResponse of a form.

    Args:
        request_id: of the request made in this browser.

    Raises:
        UnauthenticatedError: anything is wrong with the response.
        InputError: the SAML package is not installed.
    """
    library = _library()
    xml = _decoded(answer)
    # Programs read different parts of a text with comments inside (CVE-2017-11427), and only in UTF-8 can
    # comments be looked for.
    if b"<!" in xml or xml.count(b"<?") > xml.startswith(b"<?xml") or b"\0" in xml:
        raise UnauthenticatedError(REFUSED + "its answer has comments or declarations in it")
    address = split_address(own.answers)
    asked: dict[str, Any] = {
        "https": "on" if is_https(own.answers) else "off",
        "http_host": address.netloc,
        "script_name": address.path,
        "get_data": {},
        "post_data": {},
    }
    try:
        response = library.response(
            library.settings(_settings(own, provider), sp_validation_only=False), answer
        )
        _require_bound(library.xml, response, own, request_id)
        _require_plain_signatures(library.xml, response.document)
        response.is_valid(asked, request_id, raise_exceptions=True)
        name_id, attributes = response.get_nameid_data(), response.get_attributes()
    except UnauthenticatedError:
        raise
    except Exception as error:
        why = str(error) if type(error).__name__ == "OneLogin_Saml2_ValidationError" else "it cannot be read"
        raise UnauthenticatedError(f"{REFUSED}{why[:200]}") from None
    if name_id.get("Format") == _TRANSIENT:
        raise UnauthenticatedError(
            REFUSED
            + "it calls you by another name each time: have it send a persistent NameID, or an address"
        )
    told = {str(name): tuple(str(value) for value in values if value) for name, values in attributes.items()}
    subject = str(name_id["Value"]).strip()
    by_name = {name.lower(): values for name, values in told.items()}
    email = _first(by_name, _EMAILS) or (subject if name_id.get("Format") == _EMAIL else None)
    return Subject(subject, email, _first(by_name, _NAMES), told)


def _require_bound(xml: Any, response: Any, own: ServiceProvider, request_id: str) -> None:
    """Require that it is for us, for this request, and expires (saml-profiles-2.0, sections 4.1.4.2 and
    4.1.4.3).

    The library accepts their absence.
    """
    document = response.document
    if document.get("InResponseTo") != request_id or document.get("Destination", own.answers) != own.answers:
        raise UnauthenticatedError(REFUSED + "it answered another question, or for another service")
    data = xml.query(document, "//saml:SubjectConfirmation/saml:SubjectConfirmationData")
    methods = {one.get("Method") for one in xml.query(document, "//saml:SubjectConfirmation")}
    is_bound = methods == {_BEARER} and all(
        one.get("InResponseTo") == request_id
        and one.get("Recipient") == own.answers
        and one.get("NotOnOrAfter")
        and one.get("NotBefore") is None
        for one in data
    )
    if not data or not is_bound:
        raise UnauthenticatedError(REFUSED + "its answer is not bound to the question and to this service")
    if own.entity_id not in response.get_audiences():
        raise UnauthenticatedError(REFUSED + "its answer is for another service (Audience)")


def _require_plain_signatures(xml: Any, document: Any) -> None:
    """Require signatures as SAML has them: one reference each, and the usual two transforms.

    saml-core-2.0, sections 5.4.2 to 5.4.4. The library computes transforms before it knows who signed: an
    XPath among them, a hundred of them, or a thousand prefixes take as long as their author likes.
    """
    count = len(xml.query(document, "//ds:Signature"))
    transforms = xml.query(document, "//ds:Transform")
    methods = {one.get("Algorithm") for one in xml.query(document, "//ds:CanonicalizationMethod")}
    if (
        count > _MAX_SIGNATURES
        or len(xml.query(document, "//ds:Reference")) > count
        or len(transforms) > 2 * count
        or not methods.union(one.get("Algorithm") for one in transforms) <= _TRANSFORMS
        or sum(map(len, xml.query(document, "//@PrefixList"))) > _MAX_PREFIX_CHARS
    ):
        raise UnauthenticatedError(REFUSED + "its answer is signed in a way that SAML does not foresee")


def _settings(own: ServiceProvider, provider: IdentityProvider) -> dict[str, Any]:
    return {
        "strict": True,
        "sp": {
            "entityId": own.entity_id,
            "assertionConsumerService": {"url": own.answers, "binding": _POST},
        },
        "idp": {
            "entityId": provider.entity_id,
            "singleSignOnService": {"url": provider.sign_in},
            "x509certMulti": {"signing": list(provider.certificates)},
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantAttributeStatement": False,
            "rejectDeprecatedAlgorithm": True,
            "requestedAuthnContext": False,
        },
    }


def _decoded(answer: str) -> bytes:
    try:
        if len(answer) <= MAX_ANSWER_CHARS:
            return base64.b64decode("".join(answer.split()), validate=True)
    except (binascii.Error, ValueError):
        pass
    raise UnauthenticatedError(REFUSED + "its answer cannot be read")


def _is_certificate(text: str) -> bool:
    try:
        return base64.b64decode(text, validate=True).startswith(b"\x30")
    except (binascii.Error, ValueError):
        return False


def _first(attributes: Mapping[str, tuple[str, ...]], names: tuple[str, ...]) -> str | None:
    return next((attributes[name][0].strip() for name in names if attributes.get(name)), None)


@dataclass(frozen=True)
class _Library:
    response: Any
    settings: Any
    metadata: Any
    xml: Any


def _library() -> _Library:
    try:
        from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
        from onelogin.saml2.response import OneLogin_Saml2_Response
        from onelogin.saml2.settings import OneLogin_Saml2_Settings
        from onelogin.saml2.xml_utils import OneLogin_Saml2_XML
    except ImportError:
        raise InputError("signing in by SAML needs a package more: `pip install 'credserv[saml]'`") from None
    return _Library(
        OneLogin_Saml2_Response,
        OneLogin_Saml2_Settings,
        OneLogin_Saml2_IdPMetadataParser,
        OneLogin_Saml2_XML,
    )
