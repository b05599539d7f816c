"""Which organisation a job belongs to; the durable queue holds the jobs of all of them."""

from __future__ import annotations

from credserv.ground.errors import NotFoundError
from credserv.records.jobs import JobName
from credserv.records.organisations import MAIN
from credserv.store.store import Store


def organisation_of_job(store: Store, job: str, subject_id: str) -> str:
    """Return the organisation of a job, by its subject: a list of trusted
    issuers, or the organisation itself.
    """
    if job == JobName.TRUSTED_LIST:
        return store.organisations.owner_of_trusted_list(list_of_job(subject_id)) or MAIN
    if job in (JobName.FRAMEWORK, JobName.ARCHIVE):
        return subject_id.partition("/")[0]
    return subject_id.partition(":")[2] or MAIN if job == JobName.WALLET_LINK else MAIN


def list_of_job(subject_id: str) -> str:
    """Return the list of trusted issuers that a job refreshes.

    Its subject is `acme/LIST:span`, in older releases `LIST:span`.
    """
    return subject_id.partition(":")[0].rpartition("/")[2]


def require_known(store: Store, slug: str | None) -> None:
    """Require a known organisation; None means all.

    Raises:
        NotFoundError: There is no such organisation.
    """
    if slug is not None and slug not in {known.id for known in store.organisations.list()}:
        raise NotFoundError(f"there is no organisation {slug}: `credserv organisation list` shows them")
