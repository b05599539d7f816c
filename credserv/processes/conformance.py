"""The conformance issuers' own composition root: the product, and beside it issuers that sign for anyone.

CREDSERV_TEST_ISSUER=1 serves this application instead of the product's; the settings refuse it on any address
that others can reach (attack 99). Conformance suites use inline contexts, which only these issuers and the
verifier beside them read (docs/adr/0011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from flask import Flask

from credserv.app.factory import create_app
from credserv.app.services import build_services
from credserv.app.settings import Settings
from credserv.journeys.services import Services
from credserv.journeys.sign.conformance import ConformanceIssuers
from credserv.proof.data_integrity.suites import build_suites
from credserv.proof.rdf.inline_contexts import InlineCanonizer
from credserv.verifying.checks.proof import open_for_suites
from credserv.verifying.recipe import Verifier
from credserv.web.frame.context import utc_now
from credserv.web.vc_api.conformance import install_conformance


def create_conformance_app(
    settings: Settings, services: Services | None = None, *, clock: Callable[[], datetime] = utc_now
) -> Flask:
    """Return the application; `create_app` builds the product's part of it."""
    services = services or build_services(settings, clock=clock)
    canonizer = InlineCanonizer(services.canonizer.contexts)
    issuers = ConformanceIssuers.make(
        settings.secret_key, build_suites(canonizer), canonizer, settings.public_url
    )
    app = create_app(settings, _beside(issuers, services, settings, clock), clock=clock)
    install_conformance(app, issuers)
    return app


def _beside(
    issuers: ConformanceIssuers, services: Services, settings: Settings, clock: Callable[[], datetime]
) -> Services:
    """Return services whose verifier reads what the issuers sign, and knows their status lists."""
    verifier = Verifier(
        suites=build_suites(issuers.canonizer),
        canonizer=issuers.canonizer,
        schemas=services.schemas,
        clock_skew_seconds=settings.clock_skew_seconds,
        minimum_status_entries=settings.status_list_minimum_entries,
        opener=open_for_suites,
    )
    ours = services.resolvers.own_status_list

    def own_status_list(url: str) -> bytes | None:
        return issuers.own_status_list(url, now=clock()) or ours(url)

    resolvers = replace(services.resolvers, own_status_list=own_status_list)
    return replace(services, verifier=verifier, resolvers=resolvers)
