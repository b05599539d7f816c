"""The services of every organisation, created at first use and again when it changes.

They share the first organisation's connections, queue, verifier and schemas; each has a store bound to it,
and its own key, recipe and addresses. Keys, profiles and new organisations are cached under a change counter
(`store/frame/remembered.py`), so that every process follows within a second. While the database is
unavailable, the cached state stays.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from credserv.app.addresses import former_urls, public_url_of
from credserv.app.founding import change_address, found_organisation
from credserv.app.open_keys import open_signing
from credserv.app.settings import Settings
from credserv.app.signing_keys import make_wanted_key, revoke_key, schedule_key
from credserv.ground.addresses import normal_address
from credserv.ground.errors import NotFoundError, UnavailableError
from credserv.ground.own_addresses import is_under
from credserv.issuing.credential_signer import suites_for
from credserv.issuing.recipe import Recipe
from credserv.journeys.services import Services
from credserv.proof.data_integrity.suites import build_suites, issuing_suite
from credserv.proof.keys.brake import Brake, StoppableSigner
from credserv.records.organisations import MAIN, Founding, OrganisationRecord, SigningKeyRecord, WantedKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Made:
    """Services as created from a record."""

    record: OrganisationRecord
    services: Services


def _hosts(records: Sequence[OrganisationRecord]) -> dict[str, str]:
    """Return names by host, for organisations with a host of their own."""
    return {urlsplit(normal_address(one.address)).netloc: one.id for one in records if one.address}


class ServedOrganisations:
    """All organisations, shared by all threads of a process.

    Attributes:
        first: the services of MAIN, from which the others are created.
        former: the installation's former addresses.
    """

    def __init__(self, first: Services, settings: Settings, *, former: tuple[str, ...] = ()) -> None:
        self._settings = settings
        self._former = former
        own = former_urls(settings, first.issuer, former) or first.former_urls
        self._first = replace(first, neighbours=self, former_urls=own)
        self._made = {MAIN: _Made(first.issuer, self._first)}
        self._records: dict[str, OrganisationRecord] = {MAIN: first.issuer}
        self._listed: tuple[OrganisationRecord, ...] = ()
        self._hosts = _hosts((first.issuer,))

    def of(self, slug: str) -> Services:
        record = self._known().get(slug)
        if record is None:
            raise NotFoundError("there is no such organisation")
        made = self._made.get(slug)
        if made is None or (made.record is not record and made.record != record):
            made = self._made[slug] = _Made(record, self._make(record))
        return made.services

    def has(self, slug: str) -> bool:
        return slug in self._known()

    def slugs(self) -> tuple[str, ...]:
        return tuple(self._known())

    def found(self, wanted: Founding, *, actor: str, now: datetime) -> OrganisationRecord:
        return found_organisation(self._settings, self._first.store, wanted, actor=actor, now=now)

    def change_address(self, slug: str, address: str | None, *, actor: str, now: datetime) -> None:
        change_address(self._settings, self._first.store.of(slug), address, actor=actor, now=now)

    def make_key(self, slug: str, wanted: WantedKey, *, actor: str, now: datetime) -> SigningKeyRecord:
        store = self._first.store.of(slug)
        return make_wanted_key(self._settings, store, wanted, actor=actor, now=now)

    def have_key_sign(self, slug: str, verification_method: str, *, now: datetime) -> datetime:
        lead = timedelta(seconds=self._settings.key_lead_seconds)
        return schedule_key(self._first.store.of(slug), verification_method, now=now, lead=lead)

    def withdraw_key(self, slug: str, verification_method: str, *, actor: str, now: datetime) -> None:
        revoke_key(self._first.store.of(slug), verification_method, now=now, actor=actor)

    def addresses(self) -> tuple[str, ...]:
        return tuple(base for record in self._known().values() for base in self._bases(record))

    def address_of(self, slug: str) -> str:
        record = self._known().get(slug)
        if record is None:
            raise NotFoundError("there is no such organisation")
        return public_url_of(self._settings, record)

    def at(self, url: str) -> Services | None:
        found = [
            (len(base), slug)
            for slug, record in self._known().items()
            for base in self._bases(record)
            if is_under(base, url)
        ]
        return self.of(max(found)[1]) if found else None

    def at_host(self, host: str) -> str | None:
        self._known()
        return self._hosts.get(host.lower())

    def _bases(self, record: OrganisationRecord) -> tuple[str, ...]:
        former = former_urls(self._settings, record, self._former)
        return (public_url_of(self._settings, record), *former)

    def _known(self) -> dict[str, OrganisationRecord]:
        try:
            listed = self._first.store.organisations.list()
        except UnavailableError as error:
            logger.warning("organisations cannot be looked up, they stay as known: %s", error.detail)
            return self._records
        if listed is not self._listed:  # the same object while the store caches it
            self._hosts = _hosts(listed)
            self._records, self._listed = {one.id: one for one in listed}, listed
        return self._records

    def _make(self, record: OrganisationRecord) -> Services:
        key, signer = open_signing(self._settings, record)
        stoppable = StoppableSigner(signer, Brake(self._settings.data_dir))
        suites = build_suites(self._first.canonizer)
        store = self._first.store.of(record.id)
        public_url = public_url_of(self._settings, record)
        issuing = replace(
            self._first.issuing,
            store=store,
            issuer=record,
            verification_method=key.verification_method,
            signer=stoppable,
            unstopped_signer=signer,
            suite=suites[issuing_suite(signer.key_type)],
            public_url=public_url,
            last_lists=type(self._first.issuing.last_lists)(),
            last_tokens=type(self._first.issuing.last_tokens)(),
            sends_letters=record.sandbox or self._first.issuing.sends_letters,
        )
        signer_of_any = replace(
            self._first.credential_signer,
            did=record.did,
            verification_method=key.verification_method,
            signer=stoppable,
            suites=suites_for(suites, stoppable, issuing_suite(signer.key_type)),
        )
        return replace(
            self._first,
            store=store,
            recipe=Recipe(issuing),
            credential_signer=signer_of_any,
            public_url=public_url,
            mail_enabled=self._first.mail_enabled and not record.sandbox,
            former_urls=former_urls(self._settings, record, self._former),
        )
