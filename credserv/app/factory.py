"""The composition root: the one place that knows which part is plugged in where.

`build_services` opens what the settings name (store, signing key, contexts, queue) and bundles it;
`create_app` puts the web in front. Both refuse, with one clear line, what would only fail later.
"""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from limits.errors import ConfigurationError
from werkzeug.middleware.proxy_fix import ProxyFix

from credserv.app.installation import require_address, require_issuer, require_journal
from credserv.app.organisations import ServedOrganisations, open_signing
from credserv.app.settings import WAITING_FOR_EACH, Settings
from credserv.fetch.guarded import Fetcher, FetchLimits, GuardedFetcher
from credserv.ground.errors import SettingsError, UnavailableError
from credserv.ground.json_types import JsonObject
from credserv.ground.strict_json import parse_json_object
from credserv.issuing.credential_signer import CredentialSigner, suites_for
from credserv.issuing.desk import IssuingDesk
from credserv.issuing.recipe import Recipe
from credserv.jobs.client import DbosJobs
from credserv.journeys.check.resolve import DidResolver
from credserv.journeys.define.achievements import load_default_image
from credserv.journeys.operate.contexts import pins_of
from credserv.journeys.publish.recent import RecentLists
from credserv.journeys.services import Services, Watch
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.data_integrity.suites import build_suites, issuing_suite
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from credserv.records.organisations import MAIN
from credserv.store.store import open_store
from credserv.verifying.recipe import Resolvers, Verifier
from credserv.web.api import credentials
from credserv.web.api.openapi import install_api
from credserv.web.console import home as console
from credserv.web.frame.access_log import install_access_log
from credserv.web.frame.context import WebContext, set_context, utc_now
from credserv.web.frame.entrance import install_entrance
from credserv.web.frame.headers import install_headers
from credserv.web.frame.lanes import install_lanes
from credserv.web.frame.limits import Budgets, install_limits
from credserv.web.frame.organisations import ChooseOrganisation
from credserv.web.frame.problems import install_problems
from credserv.web.frame.sessions import SessionCookies
from credserv.web.frame.strict import StrictJsonProvider
from credserv.web.holder import claim, wallet
from credserv.web.hooks import standard as hooks
from credserv.web.public import embed, health, manual, pages, publications
from credserv.web.public.health import install_readiness
from credserv.web.vc_api import issuing as vc_issuing
from credserv.web.vc_api import verifying as vc_verifying
from credserv.web.verify import api as verification
from credserv.web.verify import page as verifier
from credserv.web.verify import results
from credserv.web.verify.api_docs import add_shapes
from credserv.web.verify.report_schema import install_schemas, schema_of_reports

RATE_MISSES = "120/minute"  # guesses at unguessable addresses, per client
RATE_LINKS = "20/minute"  # results kept under a link, or ended, per client

_APIS = (credentials.bp, verification.bp, hooks.bp, vc_verifying.bp, vc_issuing.bp)
_BLUEPRINTS = (
    health.bp,
    publications.bp,
    pages.blueprint,
    verifier.blueprint,
    results.blueprint,
    embed.blueprint,
    manual.blueprint,
    wallet.blueprint,
    claim.blueprint,
    console.blueprint,
)


def build_services(
    settings: Settings, *, fetcher: Fetcher | None = None, clock: Callable[[], datetime] = utc_now
) -> Services:
    """Open everything that the settings name; the services of the first organisation, and by its
    `neighbours` those of all others.

    fetcher: stands in for the guarded one (offline, tests). Raises SettingsError when there is no issuer
    yet, its address is another one, or a pinned file was changed, SigningKeyError when the key does not open.
    """
    store = open_store(settings.database_url, secret_key=settings.secret_key)
    issuer = require_issuer(store)
    require_address(settings, store, now=clock())
    key, signer = open_signing(settings, issuer)
    canonizer, schemas = _read_schemas(settings.schemas_dir)
    suites = build_suites(canonizer)
    fetcher = fetcher or GuardedFetcher(FetchLimits(waiting=max(1, settings.verifying_threads * 3 // 4)))
    verifier = Verifier(
        suites=suites,
        canonizer=canonizer,
        schemas=schemas,
        clock_skew_seconds=settings.clock_skew_seconds,
        minimum_status_entries=settings.status_list_minimum_entries,
    )

    recent_lists = RecentLists()

    def own_status_list(url: str) -> bytes | None:
        owner = served.at(url)
        return recent_lists.get(owner, url, now=clock()) if owner else None

    pins = pins_of(settings.data_dir)

    def pinned(issuer: str, urls: Collection[str]) -> Mapping[str, JsonObject]:
        ours = store.organisations.find_by_did(issuer) is not None
        return {} if ours else pins.documents_for(issuer, urls)

    resolvers = Resolvers(
        resolve_did=DidResolver(find_own=store.organisations.find_by_did, fetcher=fetcher),
        fetch=fetcher,
        own_status_list=own_status_list,
        keeps_lists=lambda _issuer: settings.status_lists_by_anyone,
        pinned=pinned,
    )

    def check_own(signed: bytes, now: datetime) -> None:
        document = parse_json_object(signed)
        verifier.verify_credential(document, now=now, resolvers=resolvers, proof_only=True).require()

    desk = IssuingDesk(
        store=store,
        issuer=issuer,
        verification_method=key.verification_method,
        signer=signer,
        suite=suites[issuing_suite(signer.key_type)],
        canonizer=canonizer,
        schemas=schemas,
        check_own=check_own,
        public_url=settings.public_url,
        sends_letters=settings.smtp_url is not None,
        journal=require_journal(settings, store),
    )
    first = Services(
        store=store,
        recipe=Recipe(desk),
        canonizer=canonizer,
        schemas=schemas,
        verifier=verifier,
        resolvers=resolvers,
        fetcher=fetcher,
        credential_signer=CredentialSigner(
            did=issuer.did,
            verification_method=key.verification_method,
            signer=signer,
            suites=suites_for(suites, signer, issuing_suite(signer.key_type)),
            canonizer=canonizer,
        ),
        jobs=DbosJobs(settings.jobs_database_url),
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
        ),
    )
    served = ServedOrganisations(first, settings, former=store.addresses.former())
    return served.of(MAIN)


def create_app(
    settings: Settings, services: Services | None = None, *, clock: Callable[[], datetime] = utc_now
) -> Flask:
    """The WSGI application. Raises as `build_services`."""
    app = _Application("credserv", static_folder=None, template_folder="web/templates")
    app.json = StrictJsonProvider(app)
    app.session_interface = SessionCookies()
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config.update(
        SECRET_KEY=hmac.digest(settings.secret_key, b"credserv: form tokens", "sha256"),
        SESSION_COOKIE_NAME="__Host-credserv" if settings.https else "credserv",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    first = services or build_services(settings, clock=clock)
    organisations = ServedOrganisations(first, settings, former=first.former_urls)
    set_context(
        app,
        WebContext(
            organisations=organisations,
            https=settings.https,
            webhook_tolerance_seconds=settings.webhook_tolerance_seconds,
            clock=clock,
        ),
    )
    install_access_log(app)
    install_headers(app)
    install_limits(app, _budgets(settings), max_document_bytes=settings.max_document_bytes)
    install_lanes(
        app,
        working=settings.web_threads,
        verifying=settings.verifying_threads,
        waiting_for_each=WAITING_FOR_EACH,
    )
    install_entrance(app)
    install_problems(app)
    install_schemas(app, settings.schemas_dir)
    install_api(app, _APIS, add_shapes, schema_of_reports(app))
    install_readiness(app, _own_parts(settings))
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.wsgi_app = ChooseOrganisation(  # type: ignore[method-assign]  # Flask's own way to add middleware
        app.wsgi_app, organisations
    )
    # Only the client's address is taken from proxies, and from none but those counted (attack 101).
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # likewise
        app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
    )
    return app


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view of ours is a coroutine: Flask need not ask each one, a dozen times a request."""
        return func


@cache
def _read_schemas(schemas_dir: Path) -> tuple[Canonizer, CredentialSchemas]:
    """Pinned files, checked and compiled once for all services of a process."""
    return Canonizer(PinnedContexts.load(schemas_dir)), CredentialSchemas.load(schemas_dir)


def _own_parts(settings: Settings) -> dict[str, Callable[[], None]]:
    """Of this machine: what the services themselves do not know of."""

    def disk() -> None:
        free = shutil.disk_usage(settings.data_dir).free
        if free < settings.min_free_megabytes * 1_048_576:
            raise UnavailableError(f"{free // 1_048_576} MB are free: make room")

    def keys_folder() -> None:
        if not any(settings.keys_dir.glob("*.pem")):
            raise UnavailableError("the keys folder holds no key: a process that starts anew cannot sign")

    return {"disk": disk, "keys-folder": keys_folder}


def _budgets(settings: Settings) -> Budgets:
    rates = {
        "verify": settings.rate_verify,
        "api": settings.rate_api,
        "hooks": settings.rate_hooks,
        "intake": settings.rate_intake,
        "misses": RATE_MISSES,
        "letters": settings.rate_letters,
        "links": RATE_LINKS,
    }
    try:
        return Budgets.open(settings.rate_limit_storage_url, rates)
    except ConfigurationError as error:
        how = "`pip install 'credserv[redis]'` brings what redis:// needs"
        raise SettingsError(f"CREDSERV_RATE_LIMIT_STORAGE_URL cannot be used: {error}; {how}") from error
