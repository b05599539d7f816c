"""The account after a fault: all that was promised is held against what the service says and what it has."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from credserv.fetch.guarded import Fetched
from credserv.ground.canonical_json import canonize_json
from credserv.ground.errors import CredservError, UnavailableError
from credserv.ground.merkle import leaf_hash, root_of_leaves
from credserv.journeys.operate.audit import judge_trail
from credserv.journeys.publish.log_watch import Watched, watch_log
from credserv.records.credentials import CredentialRecord, CredentialState
from credserv.records.people import ProvedKind
from credserv.status.bitstring import bit_at, decode_list
from tests.prove.fault_load import Load, Promise
from tests.prove.fault_site import Site, wait_until
from tests.testkit.service import SOURCE

PATIENCE_SECONDS = 180.0  # within which everything that is owed has to be there
_ENTRIES = 1_000


@dataclass
class Account:
    """Of one round. heals, settles: seconds until an order was taken again, and until nothing was owed."""

    tried: int = 0
    taken: int = 0  # while it went wrong, and around it
    refused: int = 0  # answers that were refusals, or never came
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    letters_twice: int = 0
    heals: float = 0.0
    settles: float = 0.0

    def add(self, other: Account) -> None:
        self.tried += other.tried
        self.taken += other.taken
        self.refused += other.refused
        self.letters_twice += other.letters_twice
        for name in ("lost", "doubled", "wrong"):
            getattr(self, name).extend(getattr(other, name))
        self.heals, self.settles = max(self.heals, other.heals), max(self.settles, other.settles)


@dataclass
class OverTheNetwork:
    """Fetches from the processes, as somebody outside would."""

    site: Site

    def get(self, url: str, *, accept: str = "application/json", max_bytes: int = 1_048_576) -> Fetched:
        path = url.removeprefix(self.site.service.settings.public_url)
        heard = self.site.ask("GET", path, headers={"Accept": accept}, seconds=10)
        if heard is None or heard.status != 200:
            raise UnavailableError(f"{path} was answered with {heard and heard.status}")
        return Fetched(url=url, body=heard.body, media_type="application/json")


class Accountant:
    """Goes over one round after the other. kept: the head of the log as it was after the last one."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.kept: dict[str, Any] | None = None
        self._letters = 0

    def settle(self, load: Load, account: Account) -> None:
        """Everything that is owed is asked for again; then all of it has to be there, once, and right."""
        began, deadline = time.monotonic(), time.monotonic() + PATIENCE_SECONDS
        every, probe = load.every(), load.probe()
        account.tried += len(every)
        account.taken += sum(bool(one.address) for one in every)
        account.refused += load.troubles.total()
        if not wait_until(lambda: self.site.is_ready() and load.deliver(probe), PATIENCE_SECONDS):
            account.lost.append(f"{load.name}: the service is not itself again: {self._parts()}")
            return
        account.heals = time.monotonic() - began
        for promise in every:
            self._deliver(load, promise, account, deadline)
        for promise in load.claims:
            self._keep(load, promise, account, deadline)
        account.doubled += load.doubled
        account.wrong += load.wrong
        load.doubled.clear()
        load.wrong.clear()
        taken = [one for one in load.every() if one.address]
        self._wait_for_rest(taken, account, deadline)
        account.settles = time.monotonic() - began
        self.judge(load, taken, account)

    def _deliver(self, load: Load, promise: Promise, account: Account, deadline: float) -> None:
        """Whoever heard an answer sends again, too, as some do."""
        if not wait_until(lambda: load.deliver(promise), deadline - time.monotonic()):
            account.lost.append(f"{promise.key} is never taken")

    def _keep(self, load: Load, promise: Promise, account: Account, deadline: float) -> None:
        if promise.is_kept:
            return

        def kept() -> bool:
            # The answer may have been lost, and not the act.
            if load.keep(promise) or self._is_with_keeper(promise):
                promise.is_kept = True
                return True
            load.open_wallet(promise)
            return False

        if not wait_until(kept, deadline - time.monotonic()):
            account.lost.append(f"{promise.key} cannot be kept")

    def _is_with_keeper(self, promise: Promise) -> bool:
        store, keeper = self.site.service.services.store, promise.keeper
        proved = None if keeper is None else store.people.find_proved(ProvedKind.EMAIL, keeper.email)
        record = store.credentials.get(promise.id)
        return proved is not None and record is not None and record.person_id == proved.person_id

    def _wait_for_rest(self, promises: list[Promise], account: Account, deadline: float) -> None:
        """Letters, and places in the log of signatures: what the worker does afterwards."""
        wanted = {promise.email for promise in promises if self._may_be_told(promise)}
        waiting: list[str] = []

        def all_went() -> bool:
            went = {recipient for one in self.site.mail.deliveries for recipient in one.recipients}
            waiting[:] = sorted(wanted - went)
            return not waiting

        if not wait_until(all_went, deadline - time.monotonic()):
            account.lost.append(f"{len(waiting)} letters never went, the first to {waiting[0]}")
        new = self.site.mail.deliveries[self._letters :]
        self._letters += len(new)
        named = Counter((one.recipients, one.message["Message-ID"]) for one in new)
        account.letters_twice += sum(named.values()) - len(named)
        for recipients, count in Counter(recipients for recipients, _ in named).items():
            if count > 1:
                account.doubled.append(f"{count} different letters went to {recipients}")

    @staticmethod
    def _may_be_told(promise: Promise) -> bool:
        """A letter about a badge that was suspended or revoked waits, or went before; who keeps it has it."""
        return promise.states == {CredentialState.ACTIVE} and promise.keeper is None

    # --- what has to be so --------------------------------------------------------------------------

    def judge(self, load: Load, promises: list[Promise], account: Account) -> None:
        self.site.now()
        records = [self._record_of(promise, account) for promise in promises]
        for promise, record in zip(promises, records, strict=True):
            if record is not None:
                self._judge_one(load, promise, record, account)
        account.wrong += load.wrong
        load.wrong.clear()
        places = Counter((one.status_list_id, one.status_index) for one in records if one)
        account.doubled += [f"{count} badges share a place" for count in places.values() if count > 1]
        fault = judge_trail(self.site.service.services).fault
        if fault is not None:
            account.wrong.append(f"the audit trail does not hold at {fault.position}: {fault.what}")
        self._judge_log([one for one in records if one], account)

    def _record_of(self, promise: Promise, account: Account) -> CredentialRecord | None:
        credentials = self.site.service.services.store.credentials
        scope = f"hook:{SOURCE}" if promise.is_event else "api"
        found = credentials.find(scope, promise.key)
        if found is None or found.signed is None:
            account.lost.append(f"{promise.key} has no credential")
        elif found.id != promise.id:
            account.doubled.append(f"{promise.key} is {found.id}, and was answered with {promise.id}")
        return found

    def _judge_one(self, load: Load, promise: Promise, record: CredentialRecord, account: Account) -> None:
        if record.state not in promise.states:
            account.wrong.append(f"{promise.key} is {record.state.value}, and that was never said")
        promise.states = {record.state}
        load.verify(promise, surely=True)
        store = self.site.service.services.store
        if promise.is_kept and not self._is_with_keeper(promise):
            account.wrong.append(f"{promise.key} is not with who keeps it")
        actions = Counter(line.action for line in store.audit.of_subject(record.id))
        if not actions[
            "credential.sign"
        ]:  # more than one where what was meant was done later (docs/adr/0007)
            account.wrong.append(f"the trail does not tell that {promise.key} was signed")
        listed = self.site.ask("GET", f"/status/{record.status_list_id}", seconds=10)
        if listed is None or listed.status != 200:
            account.wrong.append(f"the list of {promise.key} is not there")
            return
        encoded = listed.json["credentialSubject"]["encodedList"]
        is_set = bit_at(decode_list(encoded), record.status_index) == 1
        if is_set is (record.state is CredentialState.ACTIVE):
            account.wrong.append(f"the list does not say that {promise.key} is {record.state.value}")

    def _judge_log(self, records: list[CredentialRecord], account: Account) -> None:
        """It goes on from the head that was kept, and each signature is in it once."""
        wanted = {hashlib.sha256(one.signed or b"").hexdigest() for one in records}
        found: Counter[str] = Counter()
        said = ""

        def all_in_it() -> bool:
            nonlocal found, said
            try:
                watched = self._watch()
                found = self._entries(watched)
            except CredservError as error:
                said = f"{error.code}: {error.detail}"
                return False
            said = watched.fault
            if not watched.fault:
                self.kept = dict(watched.document)
            return not watched.fault and wanted <= set(found)

        if not wait_until(all_in_it, PATIENCE_SECONDS / 3):
            missing = len(wanted - set(found))
            account.wrong.append(f"the log of signatures: {said or f'{missing} are not in it'}")
        twice = [one for one in wanted if found[one] > 1]
        account.doubled += [f"{one} is in the log {found[one]} times" for one in twice]

    def _watch(self) -> Watched:
        own = self.site.service.services
        outside = replace(own, resolvers=replace(own.resolvers, fetch=OverTheNetwork(self.site)))
        return watch_log(outside, own.public_url, self.kept, self.site.now())

    def _entries(self, watched: Watched) -> Counter[str]:
        """By hash, how often each is in it; raises where they do not make the head's root."""
        fetch, leaves, found = OverTheNetwork(self.site), list[bytes](), Counter[str]()
        while len(leaves) < watched.head.size:
            end = min(len(leaves) + _ENTRIES, watched.head.size)
            told = json.loads(fetch.get(f"/log/entries?start={len(leaves)}&end={end}").body)["entries"]
            for entry in told:
                found[entry["sha256"]] += 1
                leaves.append(
                    leaf_hash(canonize_json({name: entry[name] for name in ("key", "sha256", "signed_at")}))
                )
        if root_of_leaves(leaves).hex() != watched.head.root:
            raise UnavailableError("its entries are not those that its head was signed over")
        return found

    def _parts(self) -> str:
        heard = self.site.ask("GET", "/readyz")
        return "no answer" if heard is None else heard.body.decode(errors="replace")[:500]
