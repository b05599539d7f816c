"""What a verification is given to reach the outside, where its credential stands, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from credserv.fetch.guarded import Fetcher
from credserv.ground.json_types import JsonObject
from credserv.ground.verification import VerificationResult
from credserv.openbadges.display import CredentialDisplay
from credserv.proof.keys.certificates import Anchor
from credserv.verifying.checks.certificate_status import CertificateLists
from credserv.verifying.fetch_budget import FetchAllowance
from credserv.verifying.work_budget import WorkBudget


@dataclass(frozen=True)
class Resolvers:
    """How a verification reaches what lies outside the document.

    Attributes:
        resolve_did: returns the DID document; raises UnavailableError, or ProofError for an unusable one.
        own_status_list: returns the signed bytes of a list of ours, None for lists of others; raises
            NotFoundError.
        keeps_lists: whether an issuer is trusted to keep status lists for credentials of others.
        pinned: which of these contexts the operator pinned for an issuer's credentials.
        anchors: the trust anchors the operator gave for issuers' certificates.
        certificate_lists: revocation lists of certificates; None if none are to be looked up.
        own_newest: returns the newest version of a credential of ours by its refresh address; None for
            addresses of others.
    """

    resolve_did: Callable[[str], JsonObject]
    fetch: Fetcher
    own_status_list: Callable[[str], bytes | None]
    keeps_lists: Callable[[str], bool] = lambda _issuer: False
    pinned: Callable[[str, Collection[str]], Mapping[str, JsonObject]] = lambda _issuer, _urls: {}
    anchors: Callable[[str], Sequence[Anchor]] = lambda _issuer: ()
    certificate_lists: CertificateLists | None = None
    own_newest: Callable[[str], bytes | None] = lambda _url: None

    def bounded(self) -> Resolvers:
        """Return these resolvers bounded for one verification; see `FetchAllowance`."""
        allowance = FetchAllowance(self.fetch, self.resolve_did)
        lists = self.certificate_lists and self.certificate_lists.sent_by(allowance.send)
        return replace(self, resolve_did=allowance.resolve_did, fetch=allowance, certificate_lists=lists)


@dataclass(frozen=True)
class Verified:
    """What a verification returns.

    Attributes:
        document: what the checks are about, taken out of token or envelope; `{}` where it could not be read.
        within: the credentials inside, in order, each with all its own checks.
        holder: who signed a presentation; "" unless that proof passed.
        read: reads what the document says; None where it is of no form that is known here.
    """

    document: JsonObject
    result: VerificationResult
    within: tuple[Verified, ...] = ()
    holder: str = ""
    read: Callable[[], CredentialDisplay] | None = field(default=None, compare=False)

    @cached_property
    def display(self) -> CredentialDisplay | None:
        """What the document says, for those who show it: no check needs it."""
        return None if self.read is None else self.read()


@dataclass(frozen=True)
class Surroundings:
    """Where a credential stands.

    Attributes:
        resolvers: already bounded.
        depth: how many credentials it lies within.
        may_refresh: whether a newer version may replace it; true only for the document given, and only once.
    """

    resolvers: Resolvers
    work_budget: WorkBudget = field(default_factory=WorkBudget)
    depth: int = 0
    may_refresh: bool = True
