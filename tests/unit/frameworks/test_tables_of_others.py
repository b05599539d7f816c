"""Frameworks as spreadsheets, Windows and other hosts write them: nothing is lost, and nothing mixed up."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from credserv.frameworks.archive import unpack
from credserv.frameworks.framework import Framework, Need
from credserv.frameworks.readers import read_framework
from credserv.ground.errors import InputError, UnknownFrameworkError
from tests.unit.frameworks.test_readers import BASE, read

SKILL = "Code;Name;Parent\r\nA1;Führen;\r\nA2;Leiten;A1\r\n"


def labels(framework: Framework) -> list[str]:
    return [item.label for item in framework.items]


@pytest.mark.parametrize(
    "text",
    [
        SKILL,
        "sep=;\r\n" + SKILL,
        "\r\n\r\n" + SKILL,
        "Our framework;;\r\nAs of November;;\r\n;;\r\n" + SKILL,
        SKILL.replace(";", "|"),
        SKILL.replace(";", "\t"),
        SKILL.replace("Code", "Kürzel").replace("Name", "Bezeichnung").replace("Parent", "Oberbegriff"),
        SKILL.replace("Code", "Código").replace("Name", "Título").replace("Parent", "Padre"),
        SKILL.replace("Name", "Intitulé"),
    ],
)
def test_a_header_is_found_however_the_table_was_written(text: str) -> None:
    found = read(text)
    assert labels(found) == ["Führen", "Leiten"]
    assert [item.code for item in found.items] == ["A1", "A2"]
    assert found.items[1].parents == (f"{BASE}A1",)


def test_lines_are_counted_from_the_top_of_the_file() -> None:
    found = read("sep=,\nTitle,,\nCode,Name,Parent\nA1,,\n")
    assert found.faults[0].message.startswith("line 4:")


def test_one_column_that_is_called_a_skill_is_a_framework_and_a_page_is_none() -> None:
    assert labels(read("Skill\r\nLead, and be led\r\n")) == ["Lead, and be led"]
    with pytest.raises(UnknownFrameworkError):
        read("<!doctype html><html><head><title>Not found</title></head></html>")


def test_columns_in_any_script_are_told_apart() -> None:
    found = read("技能,説明\n指導,人を導く\n", fields={"label": "技能", "definition": "説明"})
    assert (found.items[0].label, found.items[0].definition) == ("指導", "人を導く")


def test_work_roles_of_nice_are_named_by_the_role_and_its_id() -> None:
    found = read("Work Role ID,Work Role,OPM Code,Work Role Description\nOG-WRL-001,Security,723,Watches\n")
    only = found.items[0]
    assert (only.code, only.label, only.definition) == ("OG-WRL-001", "Security", "Watches")


def test_the_code_of_the_parent_is_no_code_of_the_row() -> None:
    found = read("Name,Parent Code,Skill Code\nLead,,A1\nGuide,A1,A2\n")
    assert [item.code for item in found.items] == ["A1", "A2"]
    assert found.items[1].parents == (f"{BASE}A1",)


def test_a_row_for_each_level_makes_a_skill_with_levels() -> None:
    rows = "A1,Lead,1,Follows\nA1,Lead,2,Leads one\nA1,Lead,2,Asks another\nA2,Go,1,Goes\n"
    found = read("Code,Skill,Level,Description\n" + rows)
    lead, first, second, go = found.items
    assert (lead.label, lead.level, lead.definition) == ("Lead", "", "")
    assert (first.uri, first.label, first.definition) == (f"{BASE}A1#level-1", "Lead, level 1", "Follows")
    assert (second.level, second.definition, second.parents) == ("2", "Leads one\nAsks another", (lead.uri,))
    assert (go.label, go.level, go.definition) == ("Go", "1", "Goes")


def test_a_name_that_comes_again_never_swallows_another_skill() -> None:
    found = read("Code,Name\nA1,Lead\nA1,Go\nA1,Lead\n")
    assert labels(found) == ["Lead"]
    assert [fault.message for fault in found.faults] == [
        "line 3: A1 stands for something else in a line before"
    ]
    twice = read("Name,Description\nTalk,With customers\nTalk,With colleagues\n")
    assert [item.definition for item in twice.items] == ["With customers", "With colleagues"]
    assert len({item.uri for item in twice.items}) == 2


def test_a_line_that_comes_again_names_one_more_parent() -> None:
    found = read("Code,Name,Parent\nA,Group a,\nB,Group b,\nC,Both,A\nC,Both,B\n")
    assert found.items[2].parents == (f"{BASE}A", f"{BASE}B")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_json_that_windows_wrote_is_json(encoding: str) -> None:
    item = {"identifier": "6a1e7c2e-0000-4000-8000-000000000001", "fullStatement": "Führen"}
    text = json.dumps({"CFDocument": {"title": "T"}, "CFItems": [item]}, ensure_ascii=False)
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    assert labels(read_framework((mark + text).encode(encoding))) == ["Führen"]


def _package(number: int, **more: Any) -> dict[str, Any]:
    name = f"https://case.example/CFItems/{number}"
    document = {"title": f"T{number}", "uri": f"https://case.example/CFDocuments/{number}"}
    return {"CFDocument": document, "CFItems": [{"uri": name, "fullStatement": f"S{number}"}], **more}


def test_all_packages_of_a_case_file_are_read() -> None:
    both = [_package(1), _package(2)]
    for value in (both, {"CFPackages": both}):
        found = read(value)
        assert (found.name, labels(found)) == ("T1", ["S1", "S2"])


def test_associations_are_known_however_they_are_spelt() -> None:
    items = [{"identifier": name, "fullStatement": name} for name in ("a", "b")]
    link = {"associationType": "Is Child Of", "originNodeURI": {"identifier": "b"}}
    link["destinationNodeURI"] = {"identifier": "a"}
    found = read(_package(1, CFItems=items, CFAssociations=[link]))
    assert found.items[1].parents == (f"{BASE}a",)


def test_an_opensalt_table_without_identifiers_is_named_by_its_levels() -> None:
    found = read("Full Statement,Smart Level\nCount,1\nCount to ten,1.1\n")
    assert found.format == "opensalt-csv"
    assert found.items[1].parents == (found.items[0].uri,)


def test_what_the_registry_finds_is_read_where_it_leaves_the_types_out() -> None:
    name = "https://credentialengineregistry.org/resources/ce-1"
    found = read({"data": [{"@id": name, "ceasn:competencyText": {"en-US": "Lead"}}], "extra": {}})
    assert (found.format, labels(found), found.items[0].type) == ("ctdl-asn", ["Lead"], "Competency")


def test_an_archived_skill_is_deprecated() -> None:
    skill = {"type": "RichSkillDescriptor", "id": f"{BASE}1", "skillName": "N", "skillStatement": "S"}
    assert [read({**skill, "archiveDate": date}).items[0].deprecated for date in (None, "2022-01-01")] == [
        False,
        True,
    ]


def test_onet_technology_is_what_an_occupation_may_need() -> None:
    head = "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\tIn Demand\n"
    rows = "15-1252.00\tPython\t43232408\tWeb software\tY\tY\n15-1252.00\tC++\t43232402\tProgramming\tN\tN\n"
    python, occupation, other = read(head + rows).items
    assert (python.label, python.type, python.keywords) == ("Python", "Technology", ("Web software",))
    assert occupation.needs == (Need(python.uri, False), Need(other.uri, False))
    titles = read("O*NET-SOC Code\tReported Job Title\tShown in My Next Move\n11-1011.00\tCEO\tY\n")
    assert titles.items[0].alt_labels == {"en": ("CEO",)}


def test_a_spreadsheet_is_told_to_be_one() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    for attempt in (lambda: list(unpack(target.getvalue())), lambda: read_framework(target.getvalue())):
        with pytest.raises(InputError, match="save it as CSV"):
            attempt()
