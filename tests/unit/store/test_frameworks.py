"""Frameworks, their items and words, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from credserv.ground.errors import NotFoundError
from credserv.records.frameworks import (
    CrosswalkLink,
    FrameworkRecord,
    ImportRecord,
    ImportState,
    RoleProfileRecord,
    SkillRecord,
    Term,
)
from credserv.store.store import Store

URI = "https://frameworks.example/"


def skill(number: int, label: str, *also: str, code: str = "", deprecated: bool = False) -> SkillRecord:
    terms = ((Term.LABEL, label), *((Term.ALSO, text) for text in also))
    content = {"labels": {"en": label}}
    return SkillRecord(number, f"{URI}{number}", label, content, str(number), code, deprecated, terms)


@pytest.fixture
def kept(store: Store, now: datetime) -> Store:
    store.frameworks.put(FrameworkRecord("f", URI, "Ours", "csv", 1, now, licence="CC BY"))
    labels = ["manage staff", "manage stables", "staff management", "Führung übernehmen", "program in C++"]
    items = [skill(number, label) for number, label in enumerate(labels)]
    items.append(skill(10, "guide people", "manage staff well", code="2.A.1.b"))
    items.append(skill(11, "manage staff", deprecated=True))
    store.frameworks.put_items("f", items)
    return store


def labels(store: Store, text: str, **options: object) -> list[str]:
    return [found.skill.label for found in store.skill_search.search(text, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (
            "manage sta",
            ["manage staff", "manage stables", "staff management", "guide people", "manage staff"],
        ),
        ("STAFF man", ["staff management", "manage staff", "guide people", "manage staff"]),
        ("fuhr", ["Führung übernehmen"]),
        ("Führung ÜBER", ["Führung übernehmen"]),
        ("c++", ["program in C++"]),
        ("2.a.1", ["guide people"]),
        ("https://frameworks.example/3", ["Führung übernehmen"]),
        ("http://frameworks.example/3", ["Führung übernehmen"]),
        ("https://frameworks.example/4711", []),
        ("manage nothing", []),
        ("%", []),
        ("", []),
    ],
)
def test_skills_are_found_as_somebody_types(kept: Store, typed: str, found: list[str]) -> None:
    assert labels(kept, typed) == found


def test_a_search_keeps_to_a_framework_a_number_and_an_organisation(kept: Store, now: datetime) -> None:
    kept.frameworks.put(FrameworkRecord("g", URI + "g", "Other", "csv", 1, now))
    kept.frameworks.put_items("g", [replace(skill(0, "manage staff"), uri=URI + "g0")])
    assert len(labels(kept, "manage staff")) == 5
    assert len(labels(kept, "manage staff", framework_id="g")) == 1
    assert len(labels(kept, "manage staff", limit=2)) == 2
    other = kept.of("other")
    assert labels(other, "manage staff") == []
    assert other.frameworks.list() == ()
    assert other.frameworks.skills([URI + "0"]) == {}
    assert other.frameworks.known("f") == {}


def test_what_is_gone_is_not_found_and_still_known(kept: Store, now: datetime) -> None:
    kept.frameworks.end_items("f", [1], revision=2)
    assert labels(kept, "stables") == []
    assert kept.frameworks.skills([URI + "1"])[URI + "1"].gone
    assert kept.frameworks.known("f")[URI + "1"].gone
    later = FrameworkRecord("g", URI + "g", "Other", "csv", 1, now + timedelta(days=1))
    kept.frameworks.put(later)
    kept.frameworks.put_items("g", [skill(1, "manage stables")])
    found = kept.frameworks.skills([URI + "1"])[URI + "1"]
    assert (found.framework.id, found.gone) == ("g", False)
    kept.frameworks.put_items("f", [skill(1, "manage horses")])
    assert labels(kept, "horses") == ["manage horses"]
    assert not kept.frameworks.known("f")[URI + "1"].gone


def test_links_are_replaced_for_whoever_says_them(kept: Store) -> None:
    own = CrosswalkLink("a", "b", "exact")
    told = CrosswalkLink("a", "b", "broader", "f")
    kept.frameworks.replace_links("", [own, own])
    kept.frameworks.replace_links("f", [told])
    assert set(kept.frameworks.links(["b"])) == {own, told}
    assert set(kept.frameworks.links(["a"])) == {own, told}
    kept.frameworks.replace_links("", [])
    assert kept.frameworks.links(["a", "b"]) == (told,)


def test_a_framework_goes_with_all_that_is_in_it(kept: Store) -> None:
    record = kept.frameworks.get("f")
    assert record is not None
    kept.frameworks.note_version(record, actor="cli", changes={"added": 1}, now=record.imported_at)
    kept.frameworks.remove("f")
    assert (kept.frameworks.list(), labels(kept, "manage")) == ((), [])
    with pytest.raises(NotFoundError):
        kept.frameworks.remove("f")


def test_an_import_keeps_its_file_until_it_is_over(store: Store, now: datetime) -> None:
    imports = store.framework_imports
    imports.add(ImportRecord("i", "skills.csv", ImportState.PREVIEWED, {}, "console", now), b"file")
    assert (imports.content("i"), imports.unfinished()) == (b"file", ())
    imports.change("i", state=ImportState.RUNNING, done=1, total=2)
    assert imports.unfinished() == ("i",)
    imports.change("i", state=ImportState.DONE)
    assert not imports.change("i", was=(ImportState.WAITING,), state=ImportState.PREVIEWED)
    (found,) = imports.newest()
    assert (found.state, found.done, imports.content("i")) == (ImportState.DONE, 1, None)
    assert store.of("other").framework_imports.get("i") is None


def test_an_import_that_was_only_looked_at_is_forgotten(store: Store, now: datetime) -> None:
    imports = store.framework_imports
    imports.add(ImportRecord("i", "skills.csv", ImportState.PREVIEWED, {}, "console", now), b"file")
    imports.forget(now)
    assert imports.content("i") == b"file"
    imports.forget(now + timedelta(days=1))
    assert imports.content("i") is None


def test_role_profiles(store: Store, now: datetime) -> None:
    record = RoleProfileRecord("mentor", "Mentor", "", ({"uri": URI, "essential": True},), now)
    assert store.role_profiles.put(record)
    assert not store.role_profiles.put(replace(record, name="A mentor"))
    assert [one.name for one in store.role_profiles.list()] == ["A mentor"]
    assert store.of("other").role_profiles.get("mentor") is None
    store.role_profiles.remove("mentor")
    with pytest.raises(NotFoundError):
        store.role_profiles.remove("mentor")
