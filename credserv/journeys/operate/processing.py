"""The record of processing activities (GDPR, article 30), from this release's tables.

Every table is in it, with what it holds about whom, or why it holds nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from credserv.journeys.operate.notice import KEPT, Kept
from credserv.journeys.services import Services
from credserv.records.roles import Permission
from credserv.store.operate.personal import NOT_PERSONAL

_ERASED = "until the person wants to be erased"
# What is stored about anybody with a badge, a wallet or a role, and shown in their wallet. `how_long` names a
# kind of `Retention` if a setting decides.
OF_EVERYBODY = (
    Kept(
        (
            "people",
            "memberships",
            "membership_roles",
            "staff_accounts",
            "directory_users",
            "directory_members",
            "grants",
            "asserted_identifiers",
            "proved_identifiers",
            "person_merges",
        ),
        "who somebody is here: names, addresses, identifiers and roles",
        "badges, wallets and consoles are somebody's",
        _ERASED,
        (Permission.INSPECT,),
    ),
    Kept(
        ("credentials", "repeated_orders", "copies", "copy_versions", "bulk_rows", "handed_in"),
        "badges and what was ordered, their recipients, results and evidence",
        "a badge is issued, delivered, verified and revoked",
        _ERASED + "; the index in the status list stays",
        (Permission.INSPECT,),
    ),
    Kept(
        ("events",),
        "messages of learning systems, byte for byte",
        "what a badge was awarded for can be shown again",
        "messages",
        (Permission.INSPECT,),
    ),
    Kept(
        ("observations", "observation_references", "statements"),
        "what was read of messages: who did what, when, how well",
        "rules decide by it who is awarded what",
        _ERASED,
        (Permission.INSPECT,),
    ),
    Kept(
        ("letters",),
        "letters that wait, and those that no server would take",
        "badges reach people",
        "letters",
        (Permission.INSPECT,),
    ),
    Kept(
        ("link_letters", "links", "sessions", "passkeys"),
        "links, sessions and passkeys by which people come in",
        "nobody else gets into a wallet or a console",
        "until they end, or the person is erased",
        (),
    ),
    Kept(("reminders",), "that the end of a badge was told of", "it is told once", _ERASED, ()),
    Kept(
        ("webhook_deliveries",),
        "messages about badges to systems that listen",
        "other systems follow what happens to a badge",
        "deliveries",
        (Permission.INSPECT,),
    ),
    Kept(
        ("shares", "share_items", "share_imports", "shown_badges"),
        "what people show to others, by links of their own",
        "they chose to",
        _ERASED,
        (),
    ),
    Kept(
        ("share_openings",),
        "when a link was opened, never by whom",
        "whoever shares wants to know",
        "openings",
        (),
    ),
    Kept(
        ("shared_results",),
        "results of a verification that a visitor kept under a link",
        "they asked for it",
        "results",
        (),
    ),
    Kept(
        (
            "offers",
            "issuances",
            "exchanges",
            "presentation_requests",
            "holder_keys",
            "oauth_grants",
            "oauth_tokens",
            "host_connections",
            "imports",
        ),
        "what wallet apps, other hosts and verifiers were given, and badges that people brought along",
        "badges go where their holder wants them",
        "until it ends, or the person is erased",
        (),
    ),
    Kept(
        ("archives",),
        "the file with all of a large wallet that somebody asked for, sealed",
        "it is made while they wait, for them to fetch",
        "a day, or until they delete it or are erased",
        (),
    ),
    Kept(
        ("employment_requests",),
        "that somebody asked for their employment to be confirmed, and what became of it",
        "somebody looks at it and decides",
        _ERASED,
        (Permission.INSPECT,),
    ),
    Kept(
        ("objections",),
        "that a badge is not theirs, or wrong, in their words",
        "somebody looks at it and decides",
        _ERASED,
        (Permission.CASES,),
    ),
    Kept(
        ("audit_lines",),
        "who did what, by ids; reasons in words",
        "what was done can be shown later",
        "for good; words are erased with their person",
        (Permission.INSPECT,),
    ),
)


@dataclass(frozen=True)
class Record:
    """The record.

    Attributes:
        nothing: For tables that hold nothing about anybody, the reason, by table name.
    """

    kept: tuple[Kept, ...]
    nothing: Mapping[str, str]


def make_record(services: Services) -> Record:
    """Return the record."""
    return Record(tuple(_all(services)), dict(sorted(NOT_PERSONAL.items())))


def _all(services: Services) -> Iterator[Kept]:
    days = vars(services.retention)
    for one in (*OF_EVERYBODY, *KEPT):
        told = one.how_long
        if told in days:
            told = f"{days[told]} days" if days[told] else _ERASED
        yield replace(one, how_long=told or "as long as a renewal can ask for it (`credserv notice`)")
