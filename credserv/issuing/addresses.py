"""The public URLs of what is issued here: credentials and status lists."""

from __future__ import annotations


def credential_url(public_url: str, credential_id: str) -> str:
    """Return the public URL of a credential, which is also its `id`."""
    return f"{public_url}/credentials/{credential_id}"


def status_list_url(public_url: str, list_id: str) -> str:
    """Return the public URL of a Bitstring Status List."""
    return f"{public_url}/status/{list_id}"


def status_token_url(public_url: str, list_id: str) -> str:
    """Return the URL of the same list as a Token Status List."""
    return f"{status_list_url(public_url, list_id)}/token"
