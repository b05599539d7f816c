"""Services for verification without an installation: nothing is stored, opened or created.

No database, key or settings code is imported, because each `credserv verify` is a new process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from credserv.app.environment import Environment
from credserv.app.schemas import default_schemas_dir
from credserv.app.verifying import build_verifier, certificate_lists, read_schemas
from credserv.fetch.guarded import Fetcher, GuardedFetcher
from credserv.ground.errors import UnavailableError
from credserv.journeys.check.did_histories import DidHistories
from credserv.journeys.check.resolve import DidResolver
from credserv.journeys.services import Services
from credserv.records.organisations import OrganisationRecord
from credserv.verifying.surroundings import Resolvers

_ADDRESS = "http://nobody.localhost"  # no badge names it
_NOBODY = OrganisationRecord(did="did:web:nobody.localhost", profile={})


class _Nothing:
    """Stands in for anything that needs an installation."""

    def close(self) -> None:
        """Do nothing: nothing was opened."""

    def __getattr__(self, name: str) -> NoReturn:
        raise UnavailableError(f"there is no installation here that has {name}: `credserv init` begins one")


class _Nobodys(_Nothing):
    """A store without organisations, people and lists."""

    def find_by_did(self, did: str) -> None:  # noqa: ARG002 - none is ours
        return None

    def find(self, *asked: str) -> tuple[()] | None:
        """Return no lists for two arguments; no member for one."""
        return () if len(asked) > 1 else None

    def list(self, organisation: str) -> tuple[()]:  # noqa: ARG002 - none keeps any
        return ()


class _Issuing(_Nothing):
    issuer = _NOBODY


class _Recipe(_Nothing):
    issuing = _Issuing()


class _Store(_Nothing):
    organisations = member_dids = trusted_lists = _Nobodys()


def services_without_installation(
    environ: Mapping[str, str], fetcher: Fetcher | None, clock: Callable[[], datetime]
) -> Services:
    """Return the services.

    Args:
        environ: only STATUS_LISTS_BY_ANYONE and CERTIFICATE_REVOCATION count.
        fetcher: replaces the guarded one.

    Raises SettingsError.
    """
    env = Environment(environ)
    by_anyone, revocation = env.flag("STATUS_LISTS_BY_ANYONE"), env.flag("CERTIFICATE_REVOCATION", "1")
    canonizer, schemas = read_schemas(default_schemas_dir())
    fetcher = fetcher or GuardedFetcher()
    store: Any = _Store()
    recipe: Any = _Recipe()
    nothing: Any = _Nothing()
    return Services(
        store=store,
        recipe=recipe,
        canonizer=canonizer,
        schemas=schemas,
        verifier=build_verifier(canonizer, schemas),
        resolvers=Resolvers(
            resolve_did=DidResolver(
                store.organisations.find_by_did,
                fetcher,
                store.member_dids.find,
                DidHistories(fetcher, clock),
            ),
            fetch=fetcher,
            own_status_list=lambda _url: None,
            keeps_lists=lambda _issuer: by_anyone,
            certificate_lists=certificate_lists(fetcher) if revocation else None,
        ),
        fetcher=fetcher,
        credential_signer=nothing,
        jobs=nothing,
        public_url=_ADDRESS,
    )
