"""Whom a certificate names as the issuer of a credential, within what its authorities may certify."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from cryptography import x509

from credserv.ground.addresses import host_of, is_https


def names_issuer(chain: Sequence[x509.Certificate], issuer: str) -> bool:
    """Return whether the first certificate names an issuer: by the host of an https address, or by the whole
    identifier.

    A DID is proven by its own document alone.
    """
    if issuer.startswith("did:"):
        return False
    names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if issuer in names.get_values_for_type(x509.UniformResourceIdentifier):
        return _may_name(chain[1:], host_of(issuer))
    parts = urlsplit(issuer)
    hosts = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    return is_https(issuer) and "*" not in parts.netloc and parts.netloc.lower() in hosts


def _may_name(authorities: Sequence[x509.Certificate], host: str) -> bool:
    """Return whether the hosts that authorities are constrained to contain the host of a URI.

    RFC 5280, section 4.2.1.10, applies constraints on dNSName to no URI, and authorities that are constrained
    by the rules of browsers have none on URIs. They would certify every issuer.
    """
    for authority in authorities:
        try:
            limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            continue
        permitted, excluded = _hosts(limits.permitted_subtrees), _hosts(limits.excluded_subtrees)
        if (permitted and not _is_under(host, permitted)) or _is_under(host, excluded):
            return False
    return True


def _hosts(subtrees: Sequence[x509.GeneralName] | None) -> list[str]:
    return [name.value.lower() for name in subtrees or () if isinstance(name, x509.DNSName)]


def _is_under(host: str, names: Sequence[str]) -> bool:
    return any(not name or host == name or host.endswith(f".{name.removeprefix('.')}") for name in names)
