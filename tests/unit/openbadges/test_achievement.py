"""Achievement definitions: each rule broken alone, all faults at once, and what is built from a good one."""

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credserv.app.schemas import default_schemas_dir
from credserv.ground.addresses import is_web_page
from credserv.ground.errors import InputError, SchemaFaultsError
from credserv.openbadges.achievement import KINDS, AchievementDefinition, build_achievement, parse_definition
from credserv.openbadges.badge_image import BadgeImage
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.records.achievements import AchievementKind
from credserv.sources.mapping import parse_mapping

SCHEMAS = CredentialSchemas.load(default_schemas_dir())
IMAGES = default_schemas_dir() / "images"
PNG = (IMAGES / "active-listening.png").read_bytes()
SVG = (IMAGES / "active-listening.svg").read_bytes()
DEFAULT = BadgeImage((IMAGES / "default.png").read_bytes(), None, "The default.")
BASE = "https://host.example"
A = "/achievement"

DEFINITION: dict[str, Any] = {
    "key": "active-listening",
    "kind": "competency-mastery",
    "validity_days": 730,
    "image": {"png": "active-listening.png", "svg": "active-listening.svg", "caption": "An ear."},
    "achievement": {
        "name": "Active Listening",
        "description": "Listens.",
        "achievementType": "Competency",
        "criteria": {"narrative": "Two **observed** conversations.", "id": "https://host.example/listening"},
        "inLanguage": "en",
        "tag": ["listening"],
        "alignment": [
            {
                "targetName": "Active Listening",
                "targetUrl": "https://www.onetcenter.org/ctdlasn/resources/ce-07c2613a",
                "targetType": "ceasn:Competency",
            }
        ],
        "resultDescription": [
            {
                "id": "#mastery",
                "name": "Mastery",
                "resultType": "RubricCriterionLevel",
                "requiredLevel": "#proficient",
                "rubricCriterionLevel": [
                    {"id": "#developing", "name": "Developing"},
                    {"id": "#proficient", "name": "Proficient"},
                ],
            },
            {"id": "#score", "name": "Score", "resultType": "Percent", "valueMin": "0", "valueMax": "100"},
        ],
    },
}


def read_image(name: str) -> bytes:
    path = IMAGES / Path(name).name
    if not path.is_file():
        raise InputError(f"there is no file {name!r}")
    return path.read_bytes()


def parse(document: Any, default: BadgeImage | None = DEFAULT) -> AchievementDefinition:
    return parse_definition(document, read_image=read_image, schemas=SCHEMAS, default_image=default)


def altered(pointer: str, value: Any) -> dict[str, Any]:
    """DEFINITION with one place set; the value `...` takes it out."""
    document = copy.deepcopy(DEFINITION)
    target: Any = document
    *path, last = [int(key) if key.isdecimal() else key for key in pointer.split("/")[1:]]
    for key in path:
        target = target[key]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return document


def faults(document: Any, default: BadgeImage | None = DEFAULT) -> dict[str, str]:
    with pytest.raises(SchemaFaultsError) as caught:
        parse(document, default)
    assert caught.value.faults
    return {fault.place: fault.message for fault in caught.value.faults}


# --- a good one ---------------------------------------------------------------------------------


def test_a_definition_without_faults() -> None:
    definition = parse(DEFINITION)
    assert (definition.key, definition.kind, definition.validity_days) == (
        "active-listening",
        "competency-mastery",
        730,
    )
    assert (definition.png, definition.svg, definition.caption) == (PNG, SVG, "An ear.")
    assert definition.achievement["type"] == ["Achievement"]
    assert definition.achievement["criteria"]["type"] == "Criteria"
    assert definition.achievement["alignment"][0]["type"] == ["Alignment"]
    assert definition.achievement["resultDescription"][0]["rubricCriterionLevel"][0]["type"] == [
        "RubricCriterionLevel"
    ]


def test_what_is_built_has_absolute_ids_and_passes_the_official_schema() -> None:
    built = build_achievement(parse(DEFINITION), base_url=BASE, version=3)
    url = f"{BASE}/achievements/active-listening/versions/3"
    assert (built["id"], built["version"]) == (url, "3")
    mastery, score = built["resultDescription"]
    assert (mastery["id"], mastery["requiredLevel"], score["id"]) == (
        f"{url}#mastery",
        f"{url}#proficient",
        f"{url}#score",
    )
    assert [level["id"] for level in mastery["rubricCriterionLevel"]] == [
        f"{url}#developing",
        f"{url}#proficient",
    ]
    assert built["image"]["type"] == "Image"
    assert built["image"]["caption"] == "An ear."
    assert built["image"]["id"].startswith(f"{BASE}/images/")
    assert built["image"]["id"].endswith(".png")
    assert '"#' not in json.dumps(built)
    assert SCHEMAS.check_achievement(built) == ()


def test_building_twice_changes_nothing() -> None:
    definition = parse(DEFINITION)
    first = build_achievement(definition, base_url=BASE, version=1)
    assert build_achievement(definition, base_url=BASE, version=1) == first
    assert definition == parse(DEFINITION)


def test_one_object_stands_for_a_list_of_one() -> None:
    single = copy.deepcopy(DEFINITION)
    inner = single["achievement"]
    inner["tag"] = inner["tag"][0]
    inner["alignment"] = inner["alignment"][0]
    inner["resultDescription"] = inner["resultDescription"][0]
    inner["resultDescription"]["rubricCriterionLevel"] = inner["resultDescription"]["rubricCriterionLevel"][1]
    built = build_achievement(parse(single), base_url=BASE, version=1)
    assert built["tag"] == ["listening"]
    assert [a["targetName"] for a in built["alignment"]] == ["Active Listening"]
    assert [level["name"] for r in built["resultDescription"] for level in r["rubricCriterionLevel"]] == [
        "Proficient"
    ]
    assert built["criteria"]["type"] == "Criteria"


def test_pictures_as_data_uris() -> None:
    inline = altered("/image/png", "data:image/png;base64," + base64.b64encode(PNG).decode())
    inline["image"]["svg"] = "data:image/svg+xml;base64," + base64.b64encode(SVG).decode()
    assert parse(inline) == parse(DEFINITION)


def test_without_a_picture_it_gets_the_default() -> None:
    definition = parse(altered("/image", ...))
    assert (definition.png, definition.svg, definition.caption) == (DEFAULT.png, None, "The default.")
    assert faults(altered("/image", ...), default=None) == {"/image": "is required"}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/validity_days", ...),
        ("/image/svg", ...),
        (f"{A}/alignment", ...),
        (f"{A}/resultDescription", ...),
        (f"{A}/criteria", {"id": "https://host.example/criteria"}),
        (f"{A}/criteria", {"narrative": "See <https://a.example/x>, write to <a@b.example>; 1 < 2, 3 > 2."}),
        (f"{A}/achievementType", "ext:StaffBadge"),
        (f"{A}/alignment/0/targetType", "ext:escoSkill"),
        (
            f"{A}/alignment/0/targetUrl",
            "http://data.europa.eu/esco/skill/28722c99-68b7-4b7b-808f-53f343299935",
        ),
        (f"{A}/name", "R&D: x < y, 3 > 2"),
        (f"{A}/name", "Écoute active 积极倾听"),
        (f"{A}/related", [{"id": "https://host.example/achievements/a", "inLanguage": "de"}]),
        (f"{A}/otherIdentifier", [{"identifier": "CM-1", "identifierType": "identifier"}]),
        (f"{A}/creditsAvailable", 2.5),
    ],
)
def test_what_else_is_taken(pointer: str, value: Any) -> None:
    parse(altered(pointer, value))


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pointer", "value", "place", "words"),
    [
        ("/key", ..., "/key", "required"),
        ("/key", "Active Listening", "/key", "a-z"),
        ("/key", "-a", "/key", "a-z"),
        ("/key", "a" * 65, "/key", "64"),
        ("/key", "../x", "/key", "a-z"),
        ("/kind", "degree", "/kind", "competency-mastery or mentor-accreditation"),
        ("/validity_days", 0, "/validity_days", "whole number"),
        ("/validity_days", 1.5, "/validity_days", "whole number"),
        ("/validity_days", "365", "/validity_days", "whole number"),
        ("/validity_days", True, "/validity_days", "whole number"),
        ("/validityDays", 3, "/validityDays", "unknown member"),
        ("/achievement", ..., "/achievement", "required"),
        ("/achievement", [], "/achievement", "object"),
        ("/image", "x.png", "/image", "object"),
        ("/image/png", ..., "/image/png", "required"),
        ("/image/png", "missing.png", "/image/png", "no file"),
        ("/image/png", "active-listening.svg", "/image/png", "not a PNG"),
        ("/image/png", "data:image/gif;base64,AAAA", "/image/png", "data:image/png"),
        ("/image/svg", "active-listening.png", "/image/svg", "UTF-8"),
        ("/image/caption", ..., "/image/caption", "required"),
        ("/image/caption", "x\x00", "/image/caption", "control"),
        ("/image/alt", "x", "/image/alt", "unknown member"),
        (f"{A}/name", ..., f"{A}/name", "required"),
        (f"{A}/name", "", f"{A}/name", "empty"),
        (f"{A}/name", {"en": "Active Listening"}, f"{A}/name", "language map"),
        (f"{A}/name", 7, f"{A}/name", "expected"),
        (f"{A}/name", "x" * 201, f"{A}/name", "longer than 200"),
        (f"{A}/name", "<b>Active</b>", f"{A}/name", "HTML"),
        (f"{A}/name", "a\u202eb", f"{A}/name", "direction"),
        (f"{A}/name", "a\x07b", f"{A}/name", "control"),
        (f"{A}/description", {"en": "x"}, f"{A}/description", "language map"),
        (f"{A}/description", "<script>x</script>", f"{A}/description", "HTML"),
        (f"{A}/id", "https://host.example/x", f"{A}/id", "given by the service"),
        (f"{A}/image", {}, f"{A}/image", "given by the service"),
        (f"{A}/version", "1", f"{A}/version", "given by the service"),
        (f"{A}/clearance", "TOP", f"{A}/clearance", "unknown member"),
        (f"{A}/@context", "https://x.example", f"{A}/@context", "unknown member"),
        (f"{A}/type", ["Badge"], f"{A}/type", "lacks"),
        (f"{A}/achievementType", "Mastery", f"{A}/achievementType", "must be one of"),
        (f"{A}/achievementType", "a ext:b", f"{A}/achievementType", "ext:"),
        (f"{A}/inLanguage", "english", f"{A}/inLanguage", "pattern"),
        (f"{A}/tag", [{"en": "x"}], f"{A}/tag/0", "language map"),
        (f"{A}/tag", ["ok", "<i>"], f"{A}/tag/1", "HTML"),
        (f"{A}/tag", [""], f"{A}/tag/0", "empty"),
        (f"{A}/criteria", ..., f"{A}/criteria", "required"),
        (f"{A}/criteria", {}, f"{A}/criteria", "narrative"),
        (f"{A}/criteria", {"narrative": " "}, f"{A}/criteria/narrative", "empty"),
        (f"{A}/criteria", {"narrative": {"en": "x"}}, f"{A}/criteria/narrative", "language map"),
        ("/validity_years", 2, "/validity_days", "one of"),
        # B9: the HTML of a learning system would be signed, and shown as code
        (f"{A}/criteria", {"narrative": "Only <b>this</b>."}, f"{A}/criteria/narrative", "write **bold**"),
        (f"{A}/criteria", {"narrative": "<p>Bake.</p>"}, f"{A}/criteria/narrative", "an empty line"),
        (f"{A}/criteria", {"narrative": "<LI class='x'>rye"}, f"{A}/criteria/narrative", "- item"),
        (f"{A}/criteria", {"narrative": "a <!-- b -->"}, f"{A}/criteria/narrative", "without the tag"),
        (f"{A}/criteria", {"id": "criteria.html"}, f"{A}/criteria/id", "web address"),
        (f"{A}/criteria", {"id": "urn:x:y"}, f"{A}/criteria/id", "web address"),
        (f"{A}/criteria", {"narrative": "x", "url": "y"}, f"{A}/criteria/url", "unknown member of Criteria"),
        (f"{A}/alignment/0/targetName", ..., f"{A}/alignment/0/targetName", "required"),
        (f"{A}/alignment/0/targetUrl", ..., f"{A}/alignment/0/targetUrl", "required"),
        (f"{A}/alignment/0/targetUrl", "/skills/1", f"{A}/alignment/0/targetUrl", "web address"),
        (f"{A}/alignment/0/targetUrl", "ftp://x.example/", f"{A}/alignment/0/targetUrl", "web address"),
        (
            f"{A}/alignment/0/targetUrl",
            {"en": "https://x.example"},
            f"{A}/alignment/0/targetUrl",
            "language map",
        ),
        (f"{A}/alignment/0/targetType", "Skill", f"{A}/alignment/0/targetType", "must be one of"),
        (f"{A}/alignment/0/targetType", "my ext:x", f"{A}/alignment/0/targetType", "ext:"),
        (f"{A}/alignment/0/target", "x", f"{A}/alignment/0/target", "unknown member of Alignment"),
        (f"{A}/alignment/0", "x", f"{A}/alignment/0", "an object is expected"),
        (f"{A}/resultDescription/0/id", ..., f"{A}/resultDescription/0/id", "required"),
        (f"{A}/resultDescription/0/id", "mastery", f"{A}/resultDescription/0/id", "#mastery"),
        (f"{A}/resultDescription/0/id", "https://x.example#m", f"{A}/resultDescription/0/id", "#mastery"),
        (f"{A}/resultDescription/1/id", "#mastery", f"{A}/resultDescription/1/id", "twice"),
        (f"{A}/resultDescription/1/id", "#proficient", f"{A}/resultDescription/1/id", "twice"),
        (
            f"{A}/resultDescription/0/resultType",
            "Marks",
            f"{A}/resultDescription/0/resultType",
            "must be one of",
        ),
        (
            f"{A}/resultDescription/0/requiredLevel",
            "#expert",
            f"{A}/resultDescription/0/requiredLevel",
            "names no rubricCriterionLevel",
        ),
        (
            f"{A}/resultDescription/1/requiredLevel",
            "#proficient",
            f"{A}/resultDescription/1/requiredLevel",
            "names no rubricCriterionLevel",
        ),
        (
            f"{A}/resultDescription/0/rubricCriterionLevel/0/name",
            ...,
            f"{A}/resultDescription/0/rubricCriterionLevel/0/name",
            "required",
        ),
        (
            f"{A}/resultDescription/0/rubricCriterionLevel/0/alignment",
            {"targetName": "x", "targetUrl": "x"},
            f"{A}/resultDescription/0/rubricCriterionLevel/0/alignment/targetUrl",
            "web address",
        ),
        (f"{A}/related", [{"id": "x"}], f"{A}/related/0/id", "web address"),
        (f"{A}/creditsAvailable", "2", f"{A}/creditsAvailable", "number"),
    ],
)
def test_each_fault_alone_at_its_place(pointer: str, value: Any, place: str, words: str) -> None:
    found = faults(altered(pointer, value))
    assert list(found) == [place]
    assert words in found[place]


def test_every_fault_in_one_answer() -> None:
    document = {
        "key": "No Good",
        "kind": "degree",
        "extra": 1,
        "image": {"png": "missing.png"},
        "achievement": {
            "name": {"en": "x"},
            "criteria": {},
            "clearance": "TOP",
            "alignment": [{"targetUrl": "x", "targetType": "Skill"}],
            "resultDescription": {"id": "#a", "resultType": "Percent", "name": "x", "requiredLevel": "#b"},
        },
    }
    assert set(faults(document)) == {
        "/key",
        "/kind",
        "/extra",
        "/image/png",
        "/image/caption",
        f"{A}/name",
        f"{A}/criteria",
        f"{A}/clearance",
        f"{A}/description",
        f"{A}/alignment/0/targetUrl",
        f"{A}/alignment/0/targetName",
        f"{A}/alignment/0/targetType",
        f"{A}/resultDescription/requiredLevel",
    }


def test_the_answer_counts_the_faults() -> None:
    with pytest.raises(SchemaFaultsError, match="the achievement definition has one fault"):
        parse(altered("/key", "A"))
    with pytest.raises(SchemaFaultsError, match="has 2 faults"):
        parse({**altered("/key", "A"), "kind": "x"})


@pytest.mark.parametrize("document", [None, [], "x", 7, {}])
def test_what_is_no_definition(document: Any) -> None:
    assert faults(document)


# --- what makes a new version -------------------------------------------------------------------


def test_the_sum_is_over_what_was_read_and_not_over_the_spelling() -> None:
    first = parse(DEFINITION).sha256
    reordered = json.loads(json.dumps(DEFINITION, sort_keys=True))
    assert parse(reordered).sha256 == first
    assert parse(altered(f"{A}/type", ["Achievement"])).sha256 == first
    assert parse(altered("/image/png", "../images/active-listening.png")).sha256 == first


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/key", "listening"),
        ("/kind", "mentor-accreditation"),
        ("/validity_days", 731),
        ("/validity_days", ...),
        ("/image/png", "default.png"),
        ("/image/svg", ...),
        ("/image/caption", "Another."),
        (f"{A}/name", "Listening"),
        (f"{A}/tag", []),
        (f"{A}/resultDescription/0/requiredLevel", "#developing"),
    ],
)
def test_every_change_changes_the_sum(pointer: str, value: Any) -> None:
    assert parse(altered(pointer, value)).sha256 != parse(DEFINITION).sha256


# --- one word everywhere ------------------------------------------------------------------------


def test_the_kinds_are_those_of_the_store() -> None:
    assert list(KINDS) == [kind.value for kind in AchievementKind]


@pytest.mark.parametrize(
    "key", ["a", "a-b", "0", "a--b", "a" * 64, "-a", "a-", "A", "a_b", "a" * 65, "ä", ""]
)
def test_keys_are_read_alike_in_definitions_and_mappings(key: str) -> None:
    rule = {"rules": [{"event": "e", "course": "c", "achievement": key}]}
    outcomes = []
    for read in (lambda: parse(altered("/key", key)), lambda: parse_mapping(rule)):
        try:
            read()
            outcomes.append("taken")
        except SchemaFaultsError:
            outcomes.append("refused")
    assert outcomes in (["taken"] * 2, ["refused"] * 2)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///path",
        "//host.example",
        "javascript:alert(1)",
        "https://user:secret@host.example/",
        "https://host.example/a b",
        "https://host.example/\n",
        "https://host.example/<script>",
        "https://[::1",
        "https://host.example/" + "x" * 2_048,
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    assert not is_web_page(url)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=10,
)
PLACES = [
    *(f"/{name}" for name in DEFINITION),
    *(f"{A}/{name}" for name in DEFINITION["achievement"]),
    f"{A}/alignment/0",
    f"{A}/alignment/0/targetUrl",
    f"{A}/resultDescription/0",
    f"{A}/resultDescription/0/id",
    f"{A}/resultDescription/0/rubricCriterionLevel",
    f"{A}/resultDescription/0/rubricCriterionLevel/0/id",
    "/image/png",
    "/image/svg",
]


@given(pointer=st.sampled_from(PLACES), value=JSON)
def test_any_json_at_any_place_is_taken_and_can_be_built_or_has_faults(pointer: str, value: Any) -> None:
    document = altered(pointer, value)
    try:
        definition = parse(document)
    except SchemaFaultsError:
        assert faults(document)
        return
    built = build_achievement(definition, base_url=BASE, version=1)
    assert SCHEMAS.check_achievement(built) == ()
