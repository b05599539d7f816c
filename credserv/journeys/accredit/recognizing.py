"""Endorsers accredited by other organisations, and the proof of entitlement for those who sign elsewhere.

Another accreditor counts if a list of trusted issuers names it as accreditor of what it awarded, and if that
is the programme's own achievement or one that the programme names as equivalent. A mere claim to be an
accreditor is not enough (attack W14).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from credserv.accreditation.endorsing import Weight
from credserv.accreditation.programme import ENDORSER, Programme
from credserv.ground.errors import ClosedError, Fault, NotEntitledError, SchemaFaultsError
from credserv.ground.json_types import JsonObject
from credserv.ground.validity import parse_validity
from credserv.journeys.accredit.applications import find_application
from credserv.journeys.accredit.asked_to_endorse import said_before, takes_endorsements
from credserv.journeys.accredit.entitlements import Grounds, entitled_url, grounds_of, make_entitlement
from credserv.journeys.accredit.identity import acts_as
from credserv.journeys.accredit.programmes import programme_version
from credserv.journeys.check.check import check_document
from credserv.journeys.services import Services
from credserv.journeys.trust.lists import accreditor_of
from credserv.openbadges.achievement_results import ACCREDITED_FOR, result_of
from credserv.openbadges.data_model import subjects_of
from credserv.openbadges.endorsement import carry
from credserv.verifying.checks.entitlement import weigh_carried

OUTSIDE_FOR = timedelta(days=7)  # to sign with it: it is judged as of the endorsement's own date


def entitle(
    services: Services,
    name: str,
    did: str,
    competency: str,
    *,
    shown: JsonObject | str | None = None,
    now: datetime,
) -> JsonObject:
    """Return the evidence that an endorsement signed elsewhere carries, so that
    it counts for third parties too.

    Args:
        did: The endorser's DID.
        shown: The accreditation of somebody from outside; its subject has to be the DID.

    Raises:
        NotFoundError: There is no such application.
        ClosedError: The application accepts nothing more.
        SchemaFaultsError: A value is not valid.
        NotEntitledError: They are not entitled to endorse.
    """
    application = find_application(services, name)
    if competency not in application.competencies:
        fault = Fault("/competency", "the application is not for this one")
        raise SchemaFaultsError("nobody endorses so", faults=[fault])
    owner = services.store.member_dids.owner_of(did)
    says_again = owner is not None and said_before(services, application, owner)
    if not says_again and not takes_endorsements(services, application, now):
        raise ClosedError("this application takes nothing more")
    loaded = programme_version(services, application.programme_key, application.programme_version)
    if owner is None:
        grounds = _recognized(services, loaded.programme, did, competency, shown, now)
    else:
        grounds = _own(services, loaded.programme, owner, did, competency, now)
    return carry(make_entitlement(services, loaded.programme, grounds, did, now), competency)


def entitles(
    services: Services, programme: Programme, document: JsonObject, competency: str, now: datetime
) -> bool:
    """Return whether a verified endorsement by somebody who is not a member proves that they are entitled.

    Raises:
        UnavailableError: As `weigh_carried`.
    """
    stated = parse_validity(document).begins
    if stated is None:
        return False

    def trusts(by: str, what: str) -> bool:
        if by == services.issuer.did:
            return what == entitled_url(services, programme.key)
        return _is_trusted(services, programme, by, what, now)

    weight, covers = weigh_carried(
        document,
        trusts=trusts,
        stated=stated,
        judge=lambda one: services.verifier.judge_entitlement(one, now=now, resolvers=services.resolvers),
    )
    return weight is Weight.COUNTS and covers == competency


def _own(
    services: Services, programme: Programme, member: str, did: str, competency: str, now: datetime
) -> Grounds:
    if not acts_as(services, member, did, now):
        raise NotEntitledError("their member uses this DID here no more")
    found = grounds_of(services, programme, member, (competency,), at=now, known=now)
    if found is None:
        raise NotEntitledError("they hold nothing that entitles them to endorse for this")
    return found


def _recognized(
    services: Services,
    programme: Programme,
    did: str,
    competency: str,
    shown: JsonObject | str | None,
    now: datetime,
) -> Grounds:
    if shown is None:
        raise NotEntitledError("nobody here has this DID: show the accreditation that entitles them")
    checked = check_document(services, shown, now=now)
    told, display = checked.accreditation, checked.display
    subjects = subjects_of(checked.credential)
    if not checked.result.verified or [one.get("id") for one in subjects] != [did]:
        raise NotEntitledError("the accreditation that was shown does not hold, or is of somebody else")
    if told is None or not _is_trusted(services, programme, display.issuer_id, display.achievement_id, now):
        raise NotEntitledError("its issuer is not trusted here as an accreditor for this programme")
    if told.state not in {state.value for state in programme.entitlement[ENDORSER].states}:
        raise NotEntitledError(f"the accreditation that was shown is {told.state}")
    covers = result_of(subjects[0], ACCREDITED_FOR)
    if covers is not None and competency not in [one.strip() for one in covers.split(",")]:
        raise NotEntitledError("the accreditation that was shown does not cover this competency")
    ends = now + OUTSIDE_FOR
    if display.valid_until is not None:
        ends = min(ends, display.valid_until)
    return Grounds("", (competency,), now, ends, None)


def _is_trusted(services: Services, programme: Programme, issuer: str, what: str, now: datetime) -> bool:
    """Return whether the issuer is trusted for `what`: an achievement as awarded,
    or the rules of an entitlement.
    """
    is_it = what.startswith(f"{services.public_url}/achievements/{programme.key}/")
    if not is_it and not programme.is_equivalent(what):
        return False
    return accreditor_of(services, issuer, what, "", now) is not None
