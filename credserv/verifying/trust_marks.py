"""Judge trust marks: what somebody in a federation certifies about an entity in it.

Source: OpenID Federation 1.0, sections 7.1 (marks), 7.2 (delegation), 7.3 (validating) and 8.4 (status). The
trust anchor's own configuration says who may issue which mark. A mark that it does not mention causes no
request, because only the subject names it and its issuer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from credserv.ground.errors import (
    CredservError,
    MalformedProofError,
    ProofError,
    UnavailableError,
    VerificationMethodError,
)
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import NOT_ESTABLISHED
from credserv.proof.keys.jwk import JoseKey
from credserv.verifying.entity_statement import (
    Statement,
    open_signed,
    read_keys,
    require_in_force,
    require_signature,
    signed_as,
)

_MARK = signed_as("a trust mark", "trust-mark+jwt")
_DELEGATION = signed_as("the delegation of a trust mark", "trust-mark-delegation+jwt")
_STATUS = signed_as("the status of a trust mark", "trust-mark-status-response+jwt")
_MAX_MARKS = 8
_MAX_CHARS = 200
_OLDEST_STATUS = timedelta(days=1)
_ENDED = ("expired", "revoked", "invalid")

Send = Callable[[str, bytes], bytes]


class MarkState(StrEnum):
    VERIFIED = "verified"
    REFUSED = "refused"  # does not hold
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Mark:
    """A trust mark, judged.

    Attributes:
        kind: its type.
        by: who issued it; "" where that is not proven.
        why: why it does not hold; "" for a verified one.
        owner: whose type it is, where its issuer acts for somebody.
        ends: None for no end.
        asked: whether its issuer was asked and says that the mark still stands.
    """

    kind: str
    state: MarkState
    by: str = ""
    why: str = ""
    owner: str = ""
    ends: datetime | None = None
    asked: bool = False


@dataclass(frozen=True)
class MarkIssuer:
    """An entity that issues marks. `keys` are those its superior states; `status` is where it is asked."""

    keys: Mapping[str, JoseKey]
    status: str | None
    expires: datetime


@dataclass(frozen=True)
class MarkJudge:
    """Judges trust marks.

    Attributes:
        anchor: what the trust anchor says of itself.
        find: returns an entity of the federation by its id; raises CredservError.
        send: sends a form to an address and returns the answer; None to send nothing.
    """

    anchor: Statement
    find: Callable[[str], MarkIssuer]
    send: Send | None
    now: datetime

    def judge(self, own: Statement) -> tuple[Mark, ...]:
        """Judge the marks in an entity's own statement, the only one that may bear them (section 3.1.2)."""
        return tuple(self._judge(kind, token, own.subject) for kind, token in _shown(own.claims))

    def _judge(self, kind: str, token: object, subject: str) -> Mark:
        try:
            return self._verify(kind, token, subject)
        except NOT_ESTABLISHED as error:
            return Mark(kind, MarkState.NOT_CHECKED, why=error.detail)
        except CredservError as error:
            return Mark(kind, MarkState.REFUSED, why=error.detail)

    def _verify(self, kind: str, token: object, subject: str) -> Mark:
        """Verify one mark (section 7.3). Raises CredservError."""
        allowed = self._allowed(kind)
        if not isinstance(token, str):
            raise MalformedProofError("it is no signed token")
        jws, claims = open_signed(token, _MARK)
        issuer = claims.get("iss")
        if claims.get("sub") != subject or _kind_in(claims) != kind:
            raise MalformedProofError("it is about another entity, or of another type, than it is shown as")
        if not isinstance(issuer, str) or (allowed and issuer not in allowed):
            raise ProofError("the trust anchor does not let its issuer issue it")
        ends = require_in_force(claims, self.now)
        owner, until = self._require_delegation(kind, issuer, claims.get("delegation"))
        known = self._find(issuer)
        require_signature(jws, known.keys)
        asked = self._require_standing(token, issuer, known)
        ends = min((end for end in (ends, until, known.expires) if end is not None), default=None)
        return Mark(kind, MarkState.VERIFIED, issuer, owner=owner, ends=ends, asked=asked)

    def _allowed(self, kind: str) -> tuple[str, ...]:
        """Return who may issue marks of this type; () means every entity of the federation (section
        3.1.2)."""
        said = self.anchor.claims.get("trust_mark_issuers")
        listed = said.get(kind) if isinstance(said, Mapping) else None
        if not isinstance(listed, list):
            raise UnavailableError("the trust anchor does not say who may issue it")
        return tuple(str(one) for one in listed)

    def _find(self, issuer: str) -> MarkIssuer:
        try:
            return self.find(issuer)
        except CredservError as error:
            raise UnavailableError("its issuer was not found in the federation") from error

    def _require_delegation(self, kind: str, issuer: str, token: object) -> tuple[str, datetime | None]:
        """Require that the owner of a mark type lets the issuer issue it (section 7.2.2).

        Returns the owner, and until when. Raises ProofError, InputError.
        """
        owners = self.anchor.claims.get("trust_mark_owners")
        owner = owners.get(kind) if isinstance(owners, Mapping) else None
        if owner is None:
            return "", None
        name, keys = _read_owner(owner)
        if not isinstance(token, str):
            raise MalformedProofError("it is of a type that has an owner, and bears no delegation by them")
        jws, claims = open_signed(token, _DELEGATION)
        if (claims.get("iss"), claims.get("sub"), _kind_in(claims)) != (name, issuer, kind):
            raise MalformedProofError("its delegation is by, for or of something else")
        until = require_in_force(claims, self.now)
        require_signature(jws, keys)
        return name, until

    def _require_standing(self, token: str, issuer: str, known: MarkIssuer) -> bool:
        """Return whether the issuer was asked and says that the mark stands (section 8.4).

        Raises CredservError.
        """
        if known.status is None:
            return False
        if self.send is None:
            raise UnavailableError("its issuer was not asked whether it still stands")
        answer = self.send(known.status, urlencode({"trust_mark": token}).encode())
        try:
            jws, claims = open_signed(answer.strip().decode("ascii", "replace"), _STATUS)
            require_signature(jws, known.keys)
            require_in_force(claims, self.now)
            made = datetime.fromtimestamp(claims["iat"], UTC)
        except CredservError as error:
            raise UnavailableError("what its issuer answered about it does not count") from error
        if (
            claims.get("iss") != issuer
            or claims.get("trust_mark") != token
            or made < self.now - _OLDEST_STATUS
        ):
            raise UnavailableError("what its issuer answered is about something else, or old")
        status = claims.get("status")
        if status in _ENDED:
            raise ProofError(f"its issuer says that it is {status}")
        if status != "active":
            raise UnavailableError("its issuer did not say that it is active")
        return True


def _read_owner(owner: object) -> tuple[str, Mapping[str, JoseKey]]:
    """Raises UnavailableError: a mistake of the anchor makes nobody's mark false."""
    try:
        if isinstance(owner, Mapping) and isinstance(owner.get("sub"), str):
            return owner["sub"], read_keys(owner.get("jwks"))
    except VerificationMethodError:
        pass
    raise UnavailableError("the trust anchor names no owner of it with a key that is known here")


def _shown(claims: JsonObject) -> Iterator[tuple[str, object]]:
    listed = claims.get("trust_marks")
    marks = [mark for mark in listed if isinstance(mark, Mapping)] if isinstance(listed, list) else []
    kinds = [(_kind_in(mark), mark.get("trust_mark")) for mark in marks]
    told = [(kind, token) for kind, token in kinds if isinstance(kind, str) and kind.isprintable()]
    yield from [(kind, token) for kind, token in told if len(kind) <= _MAX_CHARS][:_MAX_MARKS]


def _kind_in(claims: JsonObject) -> object:
    """Return the type of a mark, which drafts of the standard called its id."""
    return claims.get("trust_mark_type", claims.get("id"))
