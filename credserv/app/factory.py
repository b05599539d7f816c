"""The composition root: the one place that knows which part goes where.

`create_app` puts the web in front of what `services.build_services` opens (store, signing key, contexts,
queue). Both refuse, with one clear line, what would otherwise fail later.
"""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from flask import Flask
from limits.errors import ConfigurationError
from werkzeug.middleware.proxy_fix import ProxyFix

from credserv.app.last_backup import backup_age
from credserv.app.metrics import Metrics, begin_to_count
from credserv.app.organisations import ServedOrganisations
from credserv.app.services import build_services
from credserv.app.settings import WAITING_FOR_EACH, Settings
from credserv.ground.errors import SettingsError, UnavailableError
from credserv.journeys.award.rehearsing import rehearsal_key
from credserv.journeys.operate.figures import figures_of
from credserv.journeys.services import Services
from credserv.records.organisations import MAIN
from credserv.web.api import credentials, people, reissues, rules, skills
from credserv.web.api.openapi import install_api
from credserv.web.console import home as console
from credserv.web.frame.access_log import install_access_log
from credserv.web.frame.answers import Answer
from credserv.web.frame.context import WebContext, set_context, utc_now
from credserv.web.frame.entrance import install_entrance
from credserv.web.frame.headers import install_headers
from credserv.web.frame.lanes import install_lanes
from credserv.web.frame.limits import Budgets, install_limits
from credserv.web.frame.organisations import ChooseOrganisation
from credserv.web.frame.problems import install_problems
from credserv.web.frame.sessions import SessionCookies, named_after
from credserv.web.frame.spans import install_spans
from credserv.web.frame.strict import StrictJsonProvider
from credserv.web.holder import (
    archive,
    claim,
    counting,
    cv,
    employment,
    feedback,
    imports,
    roles,
    wallet,
)
from credserv.web.holder import shares as wallet_shares
from credserv.web.hooks import by_path, lti, xapi
from credserv.web.hooks import standard as hooks
from credserv.web.identity import employer, joining, passkeys, proving, ways
from credserv.web.mentoring import blueprint as mentoring
from credserv.web.mentoring import endorse_outside
from credserv.web.mentoring_api import blueprint as mentoring_api
from credserv.web.mentors import blueprint as mentors
from credserv.web.mentors import register as mentor_register
from credserv.web.outcomes_api import figures, outcomes
from credserv.web.privacy import own as privacy
from credserv.web.programmes import blueprint as programmes
from credserv.web.programmes.programmes import install_starters
from credserv.web.public import audits as public_audits
from credserv.web.public import brand, embed, health, log, manual, pages, publications, shares
from credserv.web.public.health import install_readiness
from credserv.web.public.metrics import install_metrics
from credserv.web.public.security import install_security
from credserv.web.review_api import appeals as appeals_api
from credserv.web.review_api import audits as audits_api
from credserv.web.scim import blueprint as scim
from credserv.web.staff import blueprint as staff
from credserv.web.teach import blueprint as teach
from credserv.web.tell import blueprint as tell
from credserv.web.vc_api import issuing as vc_issuing
from credserv.web.vc_api import verifying as vc_verifying
from credserv.web.verify import api as verification
from credserv.web.verify import ask, eligibility, results
from credserv.web.verify import page as verifier
from credserv.web.verify.api_docs import add_shapes
from credserv.web.verify.report_schema import install_schemas, schema_of_reports
from credserv.web.wallets import answer, consent, hosts, oauth, ob_api, oid4vci, oid4vp, vcalm

RATE_MISSES = "120/minute"  # guesses at unguessable addresses, per client
RATE_WALLETS = "300/minute"  # calls of wallet apps, per client
RATE_LINKS = "20/minute;200/day"  # results stored under a link or ended, and feedback, per client
RATE_REGISTER = "20/minute;200/day"  # searches in the register of mentors, per client
RATE_APPS = "120/minute"  # apps' requests to the OAuth server, per client
RATE_REGISTRATIONS = "10/minute;100/day"  # of apps, per client

_APIS = (
    credentials.bp,
    people.bp,
    rules.bp,
    reissues.bp,
    skills.bp,
    *mentoring_api.BLUEPRINTS,
    outcomes.bp,
    figures.bp,
    appeals_api.bp,
    audits_api.bp,
    verification.bp,
    eligibility.bp,
    hooks.bp,
    vc_verifying.bp,
    vc_issuing.bp,
)
for _area in mentors.AREAS:
    mentoring.blueprint.register_blueprint(_area)
_BLUEPRINTS = (
    health.bp,
    xapi.bp,
    lti.bp,
    by_path.bp,
    publications.bp,
    pages.blueprint,
    brand.blueprint,
    public_audits.blueprint,
    shares.blueprint,
    wallet_shares.blueprint,
    privacy.blueprint,
    verifier.blueprint,
    results.blueprint,
    eligibility.blueprint,
    ask.blueprint,
    oid4vp.blueprint,
    vcalm.blueprint,
    answer.blueprint,
    oid4vci.blueprint,
    embed.blueprint,
    log.blueprint,
    manual.blueprint,
    wallet.blueprint,
    oauth.bp,
    consent.blueprint,
    hosts.blueprint,
    ob_api.bp,
    imports.blueprint,
    archive.blueprint,
    cv.blueprint,
    employment.blueprint,
    counting.blueprint,
    roles.blueprint,
    proving.blueprint,
    ways.blueprint,
    passkeys.blueprint,
    joining.blueprint,
    employer.blueprint,
    claim.blueprint,
    feedback.blueprint,
    mentoring.blueprint,
    endorse_outside.blueprint,
    mentor_register.blueprint,
    console.blueprint,
    teach.blueprint,
    tell.blueprint,
    staff.blueprint,
    scim.bp,
    programmes.blueprint,
)


def create_app(
    settings: Settings, services: Services | None = None, *, clock: Callable[[], datetime] = utc_now
) -> Flask:
    """Return the WSGI application. Raises as `build_services`."""
    begin_to_count()
    app = _Application("credserv", static_folder=None, template_folder="web/templates")
    app.json = StrictJsonProvider(app)
    app.session_interface = SessionCookies()
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.config.update(
        SECRET_KEY=hmac.digest(settings.secret_key, b"credserv: form tokens", "sha256"),
        SESSION_COOKIE_NAME=("__Host-" if settings.https else "") + "credserv" + named_after(settings.path),
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
            rehearsal_key=partial(rehearsal_key, settings.secret_key),
            path=settings.path,
            webhook_tolerance_seconds=settings.webhook_tolerance_seconds,
            clock=clock,
        ),
    )
    install_spans(app)
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
    install_starters(app, settings.schemas_dir)
    install_api(app, _APIS, add_shapes, schema_of_reports(app))
    readiness = install_readiness(app, _own_parts(settings))
    figures = Metrics(
        lambda: chain(
            [backup_age(settings.data_dir, clock())],
            figures_of(organisations.of(MAIN), readiness.find(), clock()),
        )
    )
    install_metrics(app, figures, settings.metrics_token)
    install_security(app, settings.security_contact)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.wsgi_app = ChooseOrganisation(  # type: ignore[method-assign]  # Flask's own way to add middleware
        app.wsgi_app, organisations, (settings.public_url, *first.former_urls)
    )
    if settings.trusted_proxies:
        # Only the client's address is taken from proxies, and only from as many as are configured (attack
        # 101).
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to add middleware
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )
    return app


class _Application(Flask):
    response_class = Answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Skip Flask's check of each view, a dozen times a request: none of ours is a coroutine."""
        return func


def _own_parts(settings: Settings) -> dict[str, Callable[[], None]]:
    """Return checks of this machine, which the services themselves cannot make."""

    def disk() -> None:
        free = shutil.disk_usage(settings.data_dir).free
        if free < settings.min_free_megabytes * 1_048_576:
            raise UnavailableError(f"{free // 1_048_576} MB are free: make room")

    def keys_folder() -> None:
        if settings.hardware is None and not any(settings.keys_dir.glob("*.pem")):
            raise UnavailableError("the keys folder holds no key: a process that starts anew cannot sign")

    return {"disk": disk, "keys-folder": keys_folder}


def _budgets(settings: Settings) -> Budgets:
    rates = {
        "verify": settings.rate_verify,
        "verify_keys": settings.rate_verify_keys,
        "api": settings.rate_api,
        "hooks": settings.rate_hooks,
        "intake": settings.rate_intake,
        "misses": RATE_MISSES,
        "letters": settings.rate_letters,
        "links": RATE_LINKS,
        "apps": RATE_APPS,
        "registrations": RATE_REGISTRATIONS,
        "wallets": RATE_WALLETS,
        "register": RATE_REGISTER,
    }
    try:
        return Budgets.open(settings.rate_limit_storage_url, rates)
    except ConfigurationError as error:
        how = "`pip install 'credserv[redis]'` brings what redis:// needs"
        raise SettingsError(f"CREDSERV_RATE_LIMIT_STORAGE_URL cannot be used: {error}; {how}") from error
