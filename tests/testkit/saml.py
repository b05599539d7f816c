"""An identity provider of SAML in another program (npm samlp), and the people who sign in there."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from credserv.exchange.saml import ServiceProvider
from credserv.ground.encoding import format_instant
from tests.testkit.node import INTEROP, NodePeer, node_peer

ISSUER = "https://idp.example/saml"
SIGN_IN = "https://idp.example/sso"
GROUPS = "http://schemas.passportjs.com/groups"  # as samlp calls what it has no other name for
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
FOLDER: Path = INTEROP.parent / "saml"


@dataclass(frozen=True)
class Key:
    """An RSA key and its certificate, both in PEM."""

    key: str
    cert: str


def make_key() -> Key:
    key = rsa.generate_private_key(65_537, 2_048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return Key(pem.decode(), made.sign(key, SHA256()).public_bytes(Encoding.PEM).decode())


@dataclass
class SamlIdp:
    peer: NodePeer
    key: Key = field(default_factory=make_key)

    def metadata(self) -> bytes:
        """With the address that people are sent to: samlp writes that of the request that asks."""
        told = self.peer.ask("metadata", issuer=ISSUER, cert=self.key.cert, address="/sso")
        return str(told).encode()

    def answer(self, url: str, user: dict[str, Any], **options: Any) -> str:
        """The SAMLResponse for a question, in base64. user: as passport has one. options: of samlp."""
        own = {
            "issuer": ISSUER,
            "key": self.key.key,
            "cert": self.key.cert,
            "nameIdentifierFormat": PERSISTENT,
        }
        page = self.peer.ask("answer", url=url, user=user, options={**own, **options})
        found = re.search(r'name="SAMLResponse"\s+value="([^"]+)"', page)
        assert found is not None, page
        return html.unescape(found[1])


def person(subject: str, email: str, name: str, *groups: str) -> dict[str, Any]:
    return {
        "id": subject,
        "emails": [{"value": email}],
        "displayName": name,
        "name": {"givenName": name.partition(" ")[0], "familyName": name.rpartition(" ")[2]},
        "groups": list(groups),
    }


def signed_answer(own: ServiceProvider, key: Key, asked: str) -> bytes:
    """The XML of an answer that `read_answer` takes, made without another program."""
    from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
    from onelogin.saml2.utils import OneLogin_Saml2_Utils

    now = datetime.now(UTC)
    begins, made, ends = (format_instant(now + timedelta(minutes=one)) for one in (-5, 0, 60))
    named = f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Version="2.0" IssueInstant="{made}"'
    by = f"<saml:Issuer>{ISSUER}</saml:Issuer>"
    assertion = (
        f'<saml:Assertion ID="_a" {named}>{by}'
        f'<saml:Subject><saml:NameID Format="{PERSISTENT}">mia</saml:NameID>'
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f'<saml:SubjectConfirmationData InResponseTo="{asked}" Recipient="{own.answers}" '
        f'NotOnOrAfter="{ends}"/>'
        "</saml:SubjectConfirmation></saml:Subject>"
        f'<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{ends}"><saml:AudienceRestriction>'
        f"<saml:Audience>{own.entity_id}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{made}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:a'
        "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>"
        '<saml:Attribute Name="email"><saml:AttributeValue>mia@example.org</saml:AttributeValue>'
        "</saml:Attribute></saml:AttributeStatement></saml:Assertion>"
    )
    algorithms = {"sign_algorithm": Names.RSA_SHA256, "digest_algorithm": Names.SHA256}
    signed = OneLogin_Saml2_Utils.add_sign(assertion, key.key, key.cert, **algorithms)
    status = (
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
    )
    return (
        (
            f'<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" {named} ID="_r" '
            f'InResponseTo="{asked}" Destination="{own.answers}">{by}{status}'
        ).encode()
        + signed
        + b"</samlp:Response>"
    )


def xml_of(answer: str) -> str:
    return base64.b64decode(answer).decode()


def packed(xml: str | bytes) -> str:
    return base64.b64encode(xml.encode() if isinstance(xml, str) else xml).decode()


@contextmanager
def saml_idp() -> Iterator[SamlIdp]:
    with node_peer("provider.js", FOLDER) as peer:
        yield SamlIdp(peer)
