"""What pages say, and in which languages it is told: `python -m tests.testkit.catalogues [--write]`.

Without `--write` it tells what is missing. With it, each catalogue gets the texts that are new, with nothing
for them yet, and loses those that no page says any more.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from credserv.accreditation import words
from credserv.accreditation.endorsing import WHY as ENDORSING
from credserv.ground.languages import ENGLISH, LANGUAGES, catalogue_path
from credserv.ground.sentences import SENTENCES, sentences
from credserv.journeys.accredit.practice import KINDS as PRACTICE
from credserv.journeys.admit.notices import Change
from credserv.journeys.authorize import scopes
from credserv.journeys.deliver import mentoring_letters, notification_letters
from credserv.journeys.operate import organisation
from credserv.mastery.form import TYPES
from credserv.openbadges.badge_design import PALETTE
from credserv.openbadges.badge_icons import ICONS
from credserv.openbadges.badge_shapes import SHAPES
from credserv.outcomes.assignments import MET
from credserv.records.audit_words import ACTION_WORDS
from credserv.records.consents import ACTS, IN_ANOTHER_SYSTEM, NOTICES
from credserv.records.feedback_rounds import Category
from credserv.web.console import colleagues, credentials, keys
from credserv.web.frame import console_doors
from credserv.web.frame.rendering import KIND_WORDS
from credserv.web.mentoring import appeals, applications, counted
from credserv.web.mentors import offer, sessions
from credserv.web.privacy.consents import WORDS
from credserv.web.programmes import appeals as deciding
from credserv.web.programmes import audits, cases, metrics
from credserv.web.teach import bulk, pictures
from credserv.web.tell import personnel, wrong
from credserv.web.wallets.answer import FIELDS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "credserv"
WEB = PACKAGE / "web"
TEMPLATES = WEB / "templates"
OTHERS = tuple(language for language in LANGUAGES if language != ENGLISH)

_CONSOLE = ("console", "staff", "teach", "tell")
# The folders of `templates` whose pages speak all languages, and what they stand on.
FOLDERS = ("", "public", "verify", "wallet", "mentoring", "programmes", *_CONSOLE, "api")
# Rooms whose views say something by themselves.
_SOURCES = (
    *("frame", "public", "verify", "hooks", "holder", "identity", "privacy", "wallets"),
    *("mentoring", "programmes", *_CONSOLE),
)
_LETTERS = WEB.parent / "journeys" / "deliver"
_CERTIFICATE = WEB.parent / "journeys" / "hold" / "certificates.py"
_REQUIREMENTS = WEB.parent / "accreditation" / "words.py"
# What stands in tables, and is looked up by the page or letter that says it.
_CONSTANTS = (
    *scopes.WORDS.values(),
    *ACTS.values(),
    *NOTICES.values(),
    IN_ANOTHER_SYSTEM,
    *WORDS.values(),
    *FIELDS.values(),
    *set(Category) - {Category.SELF},
    *Change,
    *mentoring_letters.AS.values(),
    *(
        text
        for said in (mentoring_letters.NEWS, notification_letters.IMPORTS)
        for both in said.values()
        for text in both
    ),
    *notification_letters.SAID.values(),
)
# Likewise, by the room whose pages say it.
_TABLES: dict[str, tuple[str, ...]] = {
    "mentoring": (
        *appeals.WORDS.values(),
        *appeals.FOLLOWS.values(),
        *(text for _, _, text in applications.STATES.values()),
        *counted.KINDS.values(),
        *MET.values(),
        *ENDORSING.values(),
        *words.NAMES.values(),
        *(text for both in words.NUMBERED.values() for text in both),
        *words.PER.values(),
        words.OTHER_PART,
        *words.WHY.values(),
        *offer.DAYS,
        *PRACTICE.values(),
        *sessions.DONE.values(),
    ),
    "programmes": (
        *deciding.WORDS.values(),
        *deciding.FOLLOWS.values(),
        *(text for both in audits.OUTCOMES.values() for text in both),
        *cases.DONE.values(),
        *metrics.KINDS.values(),
    ),
    "console": (
        *(section.label for section in console_doors.SECTIONS),
        *(room.label for section in console_doors.SECTIONS for room in section.items),
        *colleagues.ROLE_WORDS.values(),
        *ACTION_WORDS.values(),
        credentials.ISSUED,
        credentials.AWARDED_BEFORE,
        *(text for one in credentials.CHANGES.values() for text in one.words),
        *keys.SCOPE_WORDS.values(),
        *keys.PLACE_WORDS.values(),
        *organisation.WEEKDAYS,
        *KIND_WORDS.values(),
    ),
    "teach": (
        *(told for _, told in bulk.CHANGES.values()),
        *(told for told, _ in TYPES.values()),
        *(name.capitalize() for name in SHAPES),
        *ICONS.values(),
        *(name.capitalize() for name in (*PALETTE.values(), pictures.OWN_COLOUR)),
    ),
    "tell": (*personnel.SYSTEMS.values(), *wrong.WORDS.values()),
}
_OPTIONS = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}
_OF_NO_USE = re.compile(
    '"(?:POT-Creation-Date|PO-Revision-Date|Project-Id-Version|Report-Msgid|Last-Tr|Generated-By|Language-Team)'
)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
_TAG = re.compile(r"<[^<>]+>")


def templates() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((TEMPLATES / folder).glob("*.html"))]


def messages() -> Catalog:
    """Everything that is said, as it stands in templates and views."""
    said = Catalog()
    for path in templates():
        _extract(said, path, babel_extract)
    for line in sentences():
        said.add(line, locations=[(str(SENTENCES.relative_to(ROOT)), 0)])
    for path in (path for room in _SOURCES for path in sorted((WEB / room).rglob("*.py"))):
        _extract(said, path, extract_python, {**DEFAULT_KEYWORDS, "say": None})
    for path in (*sorted(_LETTERS.glob("*.py")), _CERTIFICATE, _REQUIREMENTS):
        _extract(said, path, extract_python, {"say": None})
    for text in dict.fromkeys(_CONSTANTS):
        said.add(text)
    for room, texts in _TABLES.items():
        for text in dict.fromkeys(texts):
            said.add(text, locations=[(str((WEB / room).relative_to(ROOT)), 0)])
    return said


def _extract(said: Catalog, path: Path, method: Any, keywords: Mapping[str, None] = DEFAULT_KEYWORDS) -> None:
    with path.open("rb") as file:
        for _, text, comments, _ in extract(method, file, keywords, options=_OPTIONS):
            said.add(text, locations=[(str(path.relative_to(ROOT)), 0)], auto_comments=comments)


def read(language: str) -> Catalog:
    path = catalogue_path(language)
    return read_po(BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(language)


def faults(catalogue: Catalog, said: Catalog) -> Iterator[str]:
    """What is missing in a catalogue, in doubt, or said with other names or tags than in English."""
    for message in said:
        kept = catalogue.get(message.id) if message.id else None
        if message.id and kept is None:
            yield f"not there: {message.id!r}"
    for message in catalogue:
        if message.id:
            yield from (f"{fault}: {message.id!r}" for fault in _faults_of(message, said))


def _faults_of(message: Message, said: Catalog) -> Iterator[str]:
    if said.get(message.id) is None:
        yield "said by no page"
    if message.fuzzy:
        yield "in doubt"
    english = message.id if isinstance(message.id, tuple) else (message.id,)
    told = message.string if isinstance(message.string, tuple) else (message.string,)
    if not all(told):
        yield "nothing is said for it"
        return
    for one in told:
        for pattern in (_PLACEHOLDER, _TAG):
            if _all(pattern, one) not in [_all(pattern, original) for original in english]:
                yield f"{_all(pattern, one)} instead of {_all(pattern, english[-1])}"


def _all(pattern: re.Pattern[str], text: str) -> list[str]:
    return sorted(pattern.findall(text))


def write(language: str, said: Catalog) -> None:
    """Add what is new and take out what is gone; what is said stays."""
    catalogue = read(language)
    catalogue.update(said, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    catalogue.header_comment = f"# What pages say, in {catalogue.locale.english_name}."
    written = BytesIO()
    write_po(
        written,
        catalogue,
        width=110,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
        omit_header=False,
    )
    kept = [line for line in written.getvalue().decode().splitlines() if not _OF_NO_USE.match(line)]
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(kept) + "\n")


# --- sentences from below the web -----------------------------------------------------------------

# Whose sentences pages show, all of which are in `sentences.txt`. What is said in the depths of a proof, for
# experts, stays in English.
BELOW = (
    "journeys/check/reports/advice.py",
    "journeys/check/reports/endorsements.py",
    "journeys/check/reports/statement.py",
    "journeys/check/reports/verdict.py",
    "journeys/check/own.py",
    "journeys/admit/identities.py",
    "journeys/admit/merging.py",
    "journeys/admit/passkeys.py",
    "journeys/admit/wallet_accounts.py",
    "journeys/transfer/brought.py",
    "journeys/transfer/chosen.py",
    "journeys/transfer/passing_on.py",
    "journeys/hold/consents.py",
    "journeys/operate/ceremony.py",
    "journeys/hold/passcodes.py",
    "journeys/hold/shares.py",
    "journeys/trust/lists.py",
    "ground/validity.py",
    "openbadges/subject.py",
    "openbadges/v2/checks.py",
    "verifying/assertion.py",
    "verifying/presentation.py",
    "verifying/checks/endorsements.py",
    "verifying/checks/nested.py",
    "verifying/checks/recipient.py",
    "verifying/checks/refresh.py",
    "verifying/checks/resources.py",
    "verifying/checks/sandbox.py",
    "verifying/checks/schemas.py",
    "verifying/checks/status.py",
    "web/verify/page.py",
    "web/public/pages.py",
)
# Facts beside a check, for experts.
_FACTS = {"its issuer says it still stands", "its issuer cannot be asked about it", "the trust anchor itself"}
_A_PHRASE = re.compile(r"[a-z]+ [a-z]+ [a-z]+")


def unsaid(source: str, known: Iterable[str]) -> list[str]:
    """Phrases of three words and more in a module that none of the sentences has."""
    tree = ast.parse(source)
    documentation = {
        first.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        for first in node.body[:1]
        if isinstance(first, ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation
    ]
    pieces = [piece.strip(" .") for text in texts for piece in re.split(r"\{\w*\}|(?<=\.) |[“”]", text)]
    all_known = "\n".join(known).lower()
    return [
        piece
        for piece in pieces
        if _A_PHRASE.search(piece) and piece not in _FACTS and piece.lower() not in all_known
    ]


def main() -> None:
    said = messages()
    for language in OTHERS:
        if "--write" in sys.argv[1:]:
            write(language, said)
        for fault in faults(read(language), said):
            sys.stdout.write(f"{language}: {fault}\n")


if __name__ == "__main__":
    main()
