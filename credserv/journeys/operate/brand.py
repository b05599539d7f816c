"""The organisation's appearance: logo, colour, imprint, and the sender of its letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from credserv.carriers.logo import draw_logo
from credserv.ground.addresses import is_web_page
from credserv.ground.colours import read_colour
from credserv.ground.errors import Fault, InputError, SchemaFaultsError
from credserv.ground.names import has_unseen, is_email
from credserv.records.audit import Action, AuditRecord
from credserv.records.brands import Brand
from credserv.store.store import Store

_MAX_IMPRINT_CHARS = 1_000
_MAX_IMPRINT_LINES = 12
_MAX_SENDER_CHARS = 100
_UNSEEN = "it holds signs that nobody sees"


def brand_of(store: Store) -> Brand:
    """Return the organisation's brand."""
    return store.brands.get()


def read_brand(
    known: Brand, told: Mapping[str, str], *, picture: bytes = b"", no_logo: bool = False
) -> Brand:
    """Return the brand with changes.

    Args:
        told: `colour`, `imprint`, `imprint_url`, `sender` and `reply_to`; absent ones stay.
        picture: A new logo; empty to keep the current one.
        no_logo: Whether to remove the logo.

    Raises:
        SchemaFaultsError: A value is not valid. The faults name every place.
    """
    faults: list[Fault] = []
    values = {name: text.strip() for name, text in told.items()}
    if values.get("colour"):
        try:
            values["colour"] = read_colour(values["colour"])
        except InputError as error:
            faults.append(Fault("/colour", error.detail))
    if "imprint" in values:
        values["imprint"] = "\n".join(line.strip() for line in values["imprint"].splitlines())
    logo = b"" if no_logo else known.logo
    if picture:
        try:
            logo = draw_logo(picture)
        except InputError as error:
            faults.append(Fault("/logo", error.detail))
    made = replace(known, **values, logo=logo)
    faults += [Fault(f"/{name}", said) for name, said in _faults_of(made)]
    if faults:
        raise SchemaFaultsError("this cannot be shown so", faults=tuple(faults))
    return made


def set_brand(store: Store, brand: Brand, *, actor: str, now: datetime) -> None:
    """Use a brand from now on. Signed credentials stay as they are."""
    with store.transaction():
        before = asdict(store.brands.get())
        changed = sorted(name for name, value in asdict(brand).items() if value != before[name])
        store.brands.put(brand, actor=actor, now=now)
        detail = {"changed": changed}
        store.audit.add(AuditRecord(now, actor, Action.ORGANISATION_BRAND, store.organisation_id, detail))


def _faults_of(brand: Brand) -> list[tuple[str, str]]:
    lines = brand.imprint.split("\n")
    long = len(brand.imprint) > _MAX_IMPRINT_CHARS or len(lines) > _MAX_IMPRINT_LINES
    url, reply_to = brand.imprint_url, brand.reply_to
    checked = (
        ("imprint", long, f"at most {_MAX_IMPRINT_CHARS} characters in {_MAX_IMPRINT_LINES} lines"),
        ("imprint", any(has_unseen(line) for line in lines), _UNSEEN),
        ("imprint_url", url and not is_web_page(url), "an address that begins with https:// or http://"),
        ("sender", len(brand.sender) > _MAX_SENDER_CHARS, f"at most {_MAX_SENDER_CHARS} characters"),
        ("sender", has_unseen(brand.sender), _UNSEEN),
        ("reply_to", reply_to and not is_email(reply_to), "that is no e-mail address"),
    )
    return [(name, said) for name, is_wrong, said in checked if is_wrong]
