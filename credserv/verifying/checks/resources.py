"""Compare the resources that a credential names with the digests it gives for them.

VC Data Model 2.0, section 5.3 (`relatedResource`), and images given by address with a digest. A wrong digest
is FAILED and decides; an unavailable resource is UNKNOWN and does not, because the credential says the
same without it. Bundled contexts are compared with the bundled bytes and never fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from credserv.fetch.guarded import Fetcher
from credserv.ground.errors import TooLargeError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import Check, Fact, Outcome, sentence
from credserv.openbadges.data_model import fits_digest, listed, subjects_of

SPEC = "VC Data Model 2.0, 5.3"
MAX_RESOURCES = 8
MAX_RESOURCE_BYTES = 1_048_576
_DIGESTS = ("digestSRI", "digestMultibase")
_NAMES = frozenset(_DIGESTS)


def check_resources(
    plain: JsonObject, *, fetch: Fetcher, content_of: Callable[[str], bytes | None]
) -> tuple[Check, ...]:
    """Return one check for each resource named with a digest; () where there is none.

    Args:
        plain: the document in its plain form.
        content_of: returns the bytes of a bundled resource, None for others.
    """
    found = list(_resources_of(plain))
    checks = [_check(place, item, fetch, content_of) for place, item in found[:MAX_RESOURCES]]
    if len(found) > MAX_RESOURCES:
        reason = f"Only the first {MAX_RESOURCES} resources were looked at."
        checks.append(_told(Outcome.UNKNOWN, reason, TooLargeError.code, {"resources": len(found)}))
    return tuple(checks)


def names_any(plain: JsonObject) -> bool:
    """Return whether a document in its plain form names a resource with a digest."""
    return next(_resources_of(plain), None) is not None


def _resources_of(document: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    if "relatedResource" in document:
        for item in listed(document["relatedResource"]):
            if isinstance(item, Mapping):
                yield "relatedResource", item
    holders: list[object] = [document, document.get("issuer")]
    for subject in subjects_of(document):
        holders += listed(subject.get("achievement"))
    for holder in holders:
        image = holder.get("image") if isinstance(holder, Mapping) else None
        if isinstance(image, Mapping) and not _NAMES.isdisjoint(image):
            yield "image", image


def _check(kind: str, item: JsonObject, fetch: Fetcher, content_of: Callable[[str], bytes | None]) -> Check:
    url = item.get("id")
    digests = [item[name] for name in _DIGESTS if name in item]
    if not isinstance(url, str) or not all(fits_digest(digest, None) for digest in digests) or not digests:
        # An unreadable relatedResource breaks the structure; the structure check reports it.
        reason = f"What it says of its {kind} cannot be compared."
        return _told(Outcome.UNKNOWN, reason, "unreadable-digest", {"kind": kind})
    facts: dict[str, Fact] = {"kind": kind, "id": url}
    content = content_of(url)
    facts["carried"] = content is not None
    try:
        if content is None:
            content = fetch.get(url, accept="*/*", max_bytes=MAX_RESOURCE_BYTES).body
    except UnavailableError as error:
        reason = sentence(f"its {kind} could not be compared with the digest that it gives: {error.detail}")
        return _told(Outcome.UNKNOWN, reason, error.code, facts)
    facts["bytes"] = len(content)
    if all(fits_digest(digest, content) for digest in digests):
        return _told(Outcome.PASSED, f"Its {kind} is the one that its issuer meant.", "", facts)
    reason = f"Its {kind} is not the one that its issuer meant: the digest is of something else."
    return _told(Outcome.FAILED, reason, "digest-mismatch", facts)


def _told(outcome: Outcome, reason: str, code: str, facts: Mapping[str, Fact]) -> Check:
    required = outcome is not Outcome.UNKNOWN
    return Check("resources", outcome, reason, SPEC, required=required, code=code, data=facts)
