"""Every published file reads; then each format's own ways, in small."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

from credserv.frameworks.asked import Asked
from credserv.frameworks.framework import Framework, Match, Need, Strength, merge_frameworks
from credserv.frameworks.readers import FORMATS, read_framework
from credserv.ground.errors import (
    InputError,
    MissingBaseError,
    SchemaFaultsError,
    TooLargeError,
    UnknownFrameworkError,
)
from credserv.ground.tables import MAX_MEMBERS
from tests.testkit.shared import shared_path

BASE = "https://frameworks.example/ours/"
ESCO = "http://data.europa.eu/esco/skill/"
# file, format, items, how many of them have a parent
PUBLISHED = [
    ("case/MarkdownFramework.json", "case", 2, 0),
    ("case/SmartLevelFramework.json", "case", 14, 12),
    ("case/digcomp3.DERIVED.case-v1p1.json", "case", 26, 21),
    ("case/sample_case.csv", "opensalt-csv", 10, 7),
    ("ctdl/ONET_Basic_Skills_Competency_Framework_9-27-19.json", "ctdl-asn", 12, 10),
    ("ctdl/ONET_Cross-Functional_Skills_Competency_Framework_9-27-19.json", "ctdl-asn", 30, 25),
    ("ctdl/ONET_Knowledge_Competency_Framework_9-27-19.json", "ctdl-asn", 41, 31),
    ("digcomp/DigComp-3.0-Data-Supplement-24-Nov-2025.jsonld", "digcomp-jsonld", 1045, 906),
    ("esco/digCompSkillsCollection_en.csv", "esco-csv", 25, 25),
    ("esco/digitalSkillsCollection_en.csv", "esco-csv", 1284, 1284),
    ("esco/transversalSkillsCollection_en.csv", "esco-csv", 95, 95),
    ("esco/skillGroups_en.csv", "esco-csv", 640, 0),
    ("esco/skillsHierarchy_en.csv", "esco-csv", 640, 636),
    ("esco/skills_en.csv", "esco-csv", 13416, 0),
    ("esco/esco_mentoring_subset.csv", "csv", 21, 0),
    ("onet/Content Model Reference.txt", "onet-text", 627, 621),
    ("onet/Level Scale Anchors.txt", "onet-text", 644, 644),
    ("onet/Scales Reference.txt", "onet-text", 29, 0),
    ("osmt/BLS-Import.csv", "csv", 1447, 0),
    ("osmt/oNet-Import.csv", "onet-text", 1016, 0),
    ("osmt/Skills-Import.csv", "rsd-csv", 2, 0),
    ("osmt/osmt-batch-import-example.csv", "rsd-csv", 0, 0),
    ("osmt/rsd-v3-collection-response.json", "rsd-json", 24, 0),
    ("osmt/rsd-v3-skill-response.json", "rsd-json", 1, 0),
]


def read(data: object, **asked: Any) -> Framework:
    raw = data.encode() if isinstance(data, str) else json.dumps(data).encode()
    return read_framework(raw, Asked(**{"base": BASE, **asked}))


@pytest.mark.parametrize(("file", "format", "items", "with_parents"), PUBLISHED, ids=lambda value: str(value))
def test_published_files_read(file: str, format: str, items: int, with_parents: int) -> None:
    path = shared_path(f"frameworks/{file}")
    found = read_framework(path.read_bytes(), Asked(base=BASE, file=path.name))
    assert (found.format, len(found.items)) == (format, items)
    assert sum(bool(item.parents) for item in found.items) == with_parents
    assert found.faults == ()
    assert all(item.label for item in found.items)
    assert len({item.uri for item in found.items}) == items


@pytest.mark.parametrize("format", FORMATS)
def test_a_format_may_be_named_and_reads_no_other_as_its_own(format: str) -> None:
    other = b"label,uri\nx,urn:x\n" if "csv" not in format and "text" not in format else b"{}"
    with suppress(InputError):
        assert read_framework(other, Asked(base=BASE), format=format).items == ()


# --- CASE -----------------------------------------------------------------------------------------


def link(identifier: str, uri: str = "") -> dict[str, str]:
    return {"title": "t", "identifier": identifier, "uri": uri or f"http://other.example/{identifier}"}


def case_package(*associations: tuple[str, str, str], **document: object) -> dict[str, Any]:
    return {
        "CFDocument": {"uri": BASE + "d", "identifier": "d", "title": "F", "language": "de", **document},
        "CFItems": [
            {
                "uri": BASE + name,
                "identifier": name,
                "fullStatement": f"Can do {name}",
                "humanCodingScheme": name,
            }
            for name in ("a", "b", "c")
        ],
        "CFAssociations": [
            {"associationType": kind, "originNodeURI": link(one), "destinationNodeURI": link(other)}
            for one, kind, other in associations
        ],
    }


def test_case_associations_point_from_child_to_parent_and_nodes_are_found_by_identifier() -> None:
    found = read(
        case_package(
            ("a", "isChildOf", "d"),
            ("b", "isChildOf", "a"),
            ("b", "isChildOf", "c"),
            ("c", "replacedBy", "b"),
            ("a", "exactMatchOf", "x"),
            ("a", "isRelatedTo", "b"),
            ("a", "isChildOf", "a"),
        )
    )
    a, b, c = found.items
    assert (a.parents, a.related) == ((), (BASE + "b",))
    assert a.matches == (Match("http://other.example/x", Strength.EXACT),)
    assert b.parents == (BASE + "a", BASE + "c")
    assert (c.replaced_by, c.deprecated, b.deprecated) == ((BASE + "b",), True, False)
    assert (a.labels, found.language) == ({"de": "Can do a"}, "de")


def test_case_licence_and_the_package_in_a_list() -> None:
    package = case_package(
        licenseURI={"title": "CC BY", "uri": "https://creativecommons.org/licenses/by/4.0/"}
    )
    found = read({"CFPackages": [package]})
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert len(found.items) == 3


@pytest.mark.parametrize("wrapped", [True, False])
def test_case_documents_name_their_packages(wrapped: bool) -> None:
    documents = [{"title": "F", "CFPackageURI": {"uri": "https://host.example/CFPackages/1", "title": "F"}}]
    with pytest.raises(UnknownFrameworkError, match=r"F: https://host\.example/CFPackages/1"):
        read({"CFDocuments": documents} if wrapped else documents)


def test_case_faults_have_their_place_and_cost_the_others_nothing() -> None:
    package = case_package()
    package["CFItems"] += [{"fullStatement": "without an id"}, "x", {"identifier": "e", "fullStatement": ""}]
    package["CFAssociations"] = [{"associationType": "isChildOf", "originNodeURI": link("a")}]
    found = read(package)
    places = ["/CFItems/3", "/CFItems/4", "/CFItems/5", "/CFAssociations/0"]
    assert [fault.place for fault in found.faults] == places
    assert len(found.items) == 3


def test_case_rubric_levels_are_items() -> None:
    level = {
        "identifier": "l",
        "uri": BASE + "l",
        "quality": "Proficient",
        "description": "Alone",
        "position": 2,
    }
    criterion = {"identifier": "k", "uri": BASE + "k", "description": "Asks", "CFItemURI": link("a")}
    rubric = {"CFRubricCriteria": [{**criterion, "CFRubricCriterionLevels": [level]}]}
    *_, of, last = read({**case_package(), "CFRubrics": [rubric]}).items
    assert (of.type, of.parents) == ("CFRubricCriterion", (BASE + "a",))
    assert (last.type, last.level, last.parents) == ("CFRubricCriterionLevel", "Proficient", (BASE + "k",))


# --- tables ---------------------------------------------------------------------------------------


def test_esco_parts_alternative_labels_by_lines_or_bars_and_keeps_several_parents() -> None:
    header = "conceptType,conceptUri,preferredLabel,status,skillType,altLabels,broaderConceptUri\n"
    found = read(
        header
        + f'K,{ESCO}1,coach,released,knowledge,"train\ntutor",{ESCO}8 | {ESCO}9\n'
        + f"K,{ESCO}2,lead,obsolete,knowledge,guide | steer,\n",
        file="skills_fr.csv",
    )
    one, two = found.items
    assert one.alt_labels == {"fr": ("train", "tutor")}
    assert two.alt_labels == {"fr": ("guide", "steer")}
    assert one.parents == (f"{ESCO}8", f"{ESCO}9")
    assert (one.deprecated, two.deprecated) == (False, True)


def test_esco_files_of_one_framework_are_joined() -> None:
    occupation = "http://data.europa.eu/esco/occupation/1"
    files = {
        "occupations_en.csv": "conceptType,conceptUri,iscoGroup,preferredLabel,code\n"
        f"Occupation,{occupation},2359,learning mentor,2359.8\n",
        "skills_en.csv": f"conceptType,conceptUri,preferredLabel\nK,{ESCO}1,coach\nK,{ESCO}2,listen\n",
        "occupationSkillRelations_en.csv": "occupationUri,relationType,skillType,skillUri\n"
        f"{occupation},essential,knowledge,{ESCO}1\n{occupation},optional,knowledge,{ESCO}2\n",
        "broaderRelationsSkillPillar_en.csv": "conceptType,conceptUri,broaderType,broaderUri\n"
        f"K,{ESCO}1,K,{ESCO}2\n",
        "skillSkillRelations_en.csv": "originalSkillUri,originalSkillType,relationType,relatedSkillType,"
        f"relatedSkillUri\n{ESCO}2,knowledge,optional,knowledge,{ESCO}1\n{ESCO}7,k,optional,k,{ESCO}1\n",
    }
    found = merge_frameworks(read(text, file=file) for file, text in files.items())
    mentor, coach, listen = found.items
    assert mentor.needs == (Need(f"{ESCO}1", True), Need(f"{ESCO}2", False))
    assert mentor.parents == ("http://data.europa.eu/esco/isco/C2359",)
    assert (coach.parents, listen.related) == ((f"{ESCO}2",), (f"{ESCO}1",))


def test_opensalt_smart_levels_make_the_tree_where_nothing_else_does() -> None:
    found = read(
        "Identifier,fullStatement,Human Coding Scheme,Smart Level,Is Related To\n"
        "7e1de4d4-0000-4000-8000-000000000001,Top,T,1,\n"
        "7e1de4d4-0000-4000-8000-000000000002,Below,B,1.1,T\n",
        base="",
    )
    top, below = found.items
    assert top.uri == "urn:uuid:7e1de4d4-0000-4000-8000-000000000001"
    assert (below.parents, below.related) == ((top.uri,), (top.uri,))


def test_rsd_skills_of_one_name_stay_two() -> None:
    found = read(
        "RSD Name,Skill Statement\nCare,Care for children.\nCare,Care for tools.\nCare,Care for tools.\n"
    )
    assert [item.definition for item in found.items] == ["Care for children.", "Care for tools."]


def test_onet_ratings_say_what_an_occupation_needs() -> None:
    header = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tRecommend Suppress\n"
    rows = ("2.A.1.a\tReading\tIM\t4.12\tN", "2.A.1.a\tReading\tLV\t4.75\tN", "2.A.1.f\tScience\tIM\t1.5\tN")
    found = read(header + "".join(f"11-1011.00\t{row}\n" for row in rows))
    occupation = found.items[0]
    assert [need.uri.rpartition("/")[2] for need in occupation.needs] == ["2.A.1.a"]


def test_a_companys_own_table_with_levels_reads_by_its_header() -> None:
    found = read(
        "Code;URL;Skill;Category;Overall description;Level 1;Level 2 description\n"
        "PROG;https://sfia.example/prog;Programming;Development;Makes software.;1;Codes under guidance.\n"
        "TEST;;Testing;Development;Finds faults.;;\n",
        file="our skills.csv",
    )
    skill, other, level = found.items
    assert (skill.uri, skill.code, skill.label, skill.definition) == (
        "https://sfia.example/prog",
        "PROG",
        "Programming",
        "Makes software.",
    )
    assert (level.code, level.level, level.parents) == ("PROG-2", "2", (skill.uri,))
    assert (other.uri, found.name) == (BASE + "TEST", "our skills")


def test_columns_may_be_named_and_one_that_is_not_there_is_a_fault() -> None:
    text = "a,b\nC1,Listens\n"
    found = read(text, fields={"code": "a", "label": "b"})
    assert (found.items[0].code, found.items[0].label) == ("C1", "Listens")
    with pytest.raises(SchemaFaultsError) as caught:
        read(text, fields={"label": "c", "colour": "a"})
    assert [fault.place for fault in caught.value.faults] == ["/colour", "/c"]
    with pytest.raises(UnknownFrameworkError, match="no column of this table is a label"):
        read(text)


def test_parents_of_a_table_stand_as_code_or_label() -> None:
    found = read("code,name,parent\nA,Top,\nB,Below,A\nC,Beside,Top\nD,Lost,Nowhere\n")
    assert [item.parents for item in found.items] == [(), (BASE + "A",), (BASE + "A",), ()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_texts_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    raw = "uri,label\nurn:x:1,Führung übernehmen\n".encode(encoding)
    assert read_framework(raw).items[0].label == "Führung übernehmen"


def test_control_characters_and_formulas_are_only_text() -> None:
    found = read("uri,label\nurn:x:1,=cmd|' /C calc'!A0\nurn:x:2,a\x07b\n")
    assert [item.label for item in found.items] == ["=cmd|' /C calc'!A0", "a b"]


# --- JSON-LD --------------------------------------------------------------------------------------


def test_relative_ids_of_a_ctdl_tree_are_named_under_the_base() -> None:
    graph = [
        {"@type": "ceasn:Competency", "@id": "a", "ceasn:competencyText": "Leads", "ceasn:hasChild": ["b"]},
        {"@type": "ceasn:Competency", "@id": "b", "ceasn:competencyText": "Listens"},
        {"@type": "ceasn:Competency", "@id": "c", "ceasn:competencyText": "Plans", "ceasn:isChildOf": ["b"]},
    ]
    above, below, last = read({"@graph": graph}).items
    assert (above.uri, below.parents, last.parents) == (f"{BASE}a", (f"{BASE}a",), (f"{BASE}b",))


@pytest.mark.parametrize("prefix", ["ceasn:", "", "https://purl.org/ctdlasn/terms/"])
def test_ctdl_trees_are_told_from_above_or_below_under_any_prefix(prefix: str) -> None:
    graph = [
        {"@id": BASE + "f", "@type": f"{prefix}CompetencyFramework", f"{prefix}name": {"en": "F"}},
        {
            "@id": BASE + "1",
            "@type": f"{prefix}Competency",
            f"{prefix}competencyText": {"en": "Leads", "fr": ["Dirige"]},
            f"{prefix}hasChild": [BASE + "2"],
            f"{prefix}isTopChildOf": BASE + "f",
            f"{prefix}broadAlignment": ["https://other.example/x"],
        },
        {"@id": BASE + "2", "@type": f"{prefix}Competency", f"{prefix}competencyText": "Decides"},
        {
            "@id": BASE + "3",
            "@type": [f"{prefix}Competency"],
            f"{prefix}competencyText": {"@value": "Plans", "@language": "en"},
            f"{prefix}isChildOf": {"@id": BASE + "1"},
        },
    ]
    found = read({"@context": "x", "@graph": graph})
    first, second, third = found.items
    assert (found.name, found.uri) == ("F", BASE + "f")
    assert (first.labels, first.parents) == ({"en": "Leads", "fr": "Dirige"}, ())
    assert first.matches == (Match("https://other.example/x", Strength.BROADER),)
    assert second.parents == third.parents == (BASE + "1",)
    assert third.labels == {"en": "Plans"}


def test_ctdl_as_a_table_reads_alike() -> None:
    found = read(
        "@id,@type,ceasn:name,ceasn:competencyText,ceasn:isChildOf\n"
        f"{BASE}f,ceasn:CompetencyFramework,Ours,,\n"
        f"{BASE}1,ceasn:Competency,,Leads,\n"
        f"{BASE}2,ceasn:Competency,,Decides,{BASE}1\n"
    )
    assert (found.format, found.name, found.uri) == ("ctdl-asn", "Ours", BASE + "f")
    assert [(item.label, item.parents) for item in found.items] == [("Leads", ()), ("Decides", (BASE + "1",))]


def test_digcomp_asks_where_its_ids_belong() -> None:
    graph = [
        {"@type": "CompetenceArea", "@id": "CompetenceArea/1", "name": "Information"},
        {
            "@type": "Competence",
            "@id": "Competence/1.1",
            "name": "Browsing",
            "competence_area_id": "CompetenceArea/1",
        },
        {
            "@type": "ProficiencyLevel",
            "@id": "ProficiencyLevel/Basic_1",
            "four_levels_name": "Basic",
            "eight_levels_mapping": 1,
            "six_levels_mapping": "A1",
        },
    ]
    with pytest.raises(MissingBaseError):
        read({"@graph": graph}, base="")
    area, competence, level = read({"@graph": graph}).items
    assert competence.parents == (area.uri,) == (BASE + "CompetenceArea/1",)
    assert (level.level, level.label, level.alt_labels) == ("1", "Basic (level 1)", {"en": ("A1", "level 1")})


def test_nist_elements_and_their_projections() -> None:
    elements = [
        {"element_identifier": "WR-1", "element_type": "work_role", "title": "Analyst", "text": "Looks"},
        {"element_identifier": "T1", "element_type": "task", "title": "", "text": "Reads logs"},
    ]
    relation = {
        "source_element_identifier": "WR-1",
        "dest_element_identifier": "T1",
        "relationship_identifier": "projection",
    }
    document = {"doc_identifier": "NICE_2", "name": "NICE", "version": "2.0.0"}
    found = read(
        {
            "response": {
                "elements": {"documents": [document], "elements": elements, "relationships": [relation]}
            }
        },
        base="",
    )
    role, task = found.items
    assert role.needs == (Need(task.uri, True),)
    assert (found.name, found.version, task.code) == ("NICE", "2.0.0", "T1")


# --- what is none ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"a": 1}',
        b"one line without a comma",
        b"\x00\x01\x02",
        b'{"a": 1, "a": 2}',
        b"[" * 99,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_no_framework_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read_framework(data)


def test_the_limits_are_a_frameworks_own() -> None:
    items = [{"identifier": str(n), "fullStatement": "x"} for n in range(30_000)]
    assert len(read({"CFDocument": {"title": "F"}, "CFItems": items}).items) == 30_000
    with pytest.raises(TooLargeError, match="more than 2000000 members"):
        read_framework(b"[" + b"0," * MAX_MEMBERS + b"0]")
