"""The services of an installation, opened from its settings, for commands and the web application.

Nothing of the web is imported here: a command that verifies one badge does not need it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from credserv.app.installation import require_address, require_issuer, require_journal
from credserv.app.open_keys import open_signing
from credserv.app.organisations import ServedOrganisations
from credserv.app.settings import Settings
from credserv.app.verifying import build_verifier, certificate_lists, read_schemas
from credserv.fetch.guarded import Fetcher, FetchLimits, GuardedFetcher
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.credential_signer import CredentialSigner, suites_for
from credserv.issuing.recipe import Recipe
from credserv.issuing.services import IssuingServices
from credserv.jobs.late import LateJobs
from credserv.journeys.check.did_histories import DidHistories
from credserv.journeys.check.resolve import DidResolver
from credserv.journeys.define.achievements import load_default_image
from credserv.journeys.hold.wallet import newest
from credserv.journeys.operate.anchors import anchors_of
from credserv.journeys.operate.contexts import pins_of
from credserv.journeys.publish.recent import RecentLists
from credserv.journeys.services import Services, Watch
from credserv.proof.data_integrity.suites import issuing_suite
from credserv.proof.keys.brake import Brake, StoppableSigner
from credserv.proof.keys.certificates import Anchor
from credserv.records.organisations import MAIN
from credserv.records.retention import Retention
from credserv.store.store import open_store
from credserv.verifying.surroundings import Resolvers


def _utc_now() -> datetime:
    return datetime.now(UTC)


def build_services(
    settings: Settings, *, fetcher: Fetcher | None = None, clock: Callable[[], datetime] = _utc_now
) -> Services:
    """Open everything the settings name; returns the first organisation's services, and through its
    `neighbours` the others'.

    Args:
        fetcher: replaces the guarded one (offline, tests).

    Raises:
        SettingsError: there is no issuer yet, its address differs, or a pinned file was changed.
        SigningKeyError: the key does not open.
    """
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    issuer = require_issuer(store)
    require_address(settings, store, now=clock())
    key, signer = open_signing(settings, issuer)
    stoppable = StoppableSigner(signer, Brake(settings.data_dir))
    canonizer, schemas = read_schemas(settings.schemas_dir)
    fetcher = fetcher or GuardedFetcher(FetchLimits(waiting=max(1, settings.verifying_threads * 3 // 4)))
    verifier = build_verifier(
        canonizer,
        schemas,
        clock_skew_seconds=settings.clock_skew_seconds,
        minimum_status_entries=settings.status_list_minimum_entries,
    )

    recent_lists = RecentLists()

    def own_status_list(url: str) -> bytes | None:
        owner = served.at(url)
        return recent_lists.get(owner, url, now=clock()) if owner else None

    def own_newest(url: str) -> bytes | None:
        owner = served.at(url)
        return newest(owner, url, clock()) if owner else None

    pins = pins_of(settings.data_dir)

    def pinned(issuer: str, urls: Collection[str]) -> Mapping[str, JsonObject]:
        ours = store.organisations.find_by_did(issuer) is not None
        return {} if ours else pins.documents_for(issuer, urls)

    given_anchors = anchors_of(settings.data_dir)

    def anchors(issuer: str) -> Sequence[Anchor]:
        ours = store.organisations.find_by_did(issuer) is not None
        return () if ours else given_anchors.all()

    resolvers = Resolvers(
        resolve_did=DidResolver(
            find_own=store.organisations.find_by_did,
            fetcher=fetcher,
            find_member=store.member_dids.find,
            find_history=DidHistories(fetcher, clock),
        ),
        fetch=fetcher,
        own_status_list=own_status_list,
        keeps_lists=lambda _issuer: settings.status_lists_by_anyone,
        pinned=pinned,
        anchors=anchors,
        own_newest=own_newest,
        certificate_lists=certificate_lists(fetcher, settings.clock_skew_seconds)
        if settings.certificate_revocation
        else None,
    )

    def require_own(signed: bytes, now: datetime) -> None:
        secured = parse_json_object(signed) if signed.startswith(b"{") else signed.decode("ascii")
        proven = verifier.verify_secured(secured, now=now, resolvers=resolvers, proof_only=True)
        proven.result.require()

    issuing = IssuingServices(
        store=store,
        issuer=issuer,
        verification_method=key.verification_method,
        signer=stoppable,
        unstopped_signer=signer,
        suite=verifier.suites[issuing_suite(signer.key_type)],
        canonizer=canonizer,
        schemas=schemas,
        require_own=require_own,
        public_url=settings.public_url,
        sends_letters=settings.smtp_url is not None,
        journal=require_journal(settings, store),
    )
    first = Services(
        store=store,
        recipe=Recipe(issuing),
        canonizer=canonizer,
        schemas=schemas,
        verifier=verifier,
        resolvers=resolvers,
        fetcher=fetcher,
        credential_signer=CredentialSigner(
            did=issuer.did,
            verification_method=key.verification_method,
            signer=stoppable,
            suites=suites_for(verifier.suites, stoppable, issuing_suite(signer.key_type)),
            canonizer=canonizer,
        ),
        jobs=LateJobs(settings.jobs_database_url),
        public_url=settings.public_url,
        status_list_refresh_seconds=settings.status_list_refresh_seconds,
        session_hours=settings.session_hours,
        max_document_bytes=settings.max_document_bytes,
        mail_enabled=settings.smtp_url is not None,
        default_image=load_default_image(settings.schemas_dir),
        trust_list_refresh=timedelta(minutes=settings.trust_list_refresh_minutes),
        trust_list_expiry=timedelta(days=settings.trust_list_expiry_days),
        watch=Watch(
            source_silence=timedelta(days=settings.source_silence_days) or None,
            key_age=timedelta(days=settings.key_age_days),
            key_lead=timedelta(seconds=settings.key_lead_seconds),
            reminder_lead=timedelta(days=settings.reminder_days) or None,
        ),
        retention=Retention(
            messages=settings.keep_messages_days,
            letters=settings.keep_letters_days,
            results=settings.keep_results_days,
            openings=settings.keep_openings_days,
            deliveries=settings.keep_deliveries_days,
        ),
        watched_dir=settings.watched_dir,
    )
    served = ServedOrganisations(first, settings, former=store.addresses.former())
    return served.of(MAIN)
