"""The achievements that ship with the service: complete, and aligned to what the frameworks really hold."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from credserv.app.schemas import default_schemas_dir
from credserv.journeys.define.achievements import (
    check_definition,
    image_files,
    load_default_image,
    starter_files,
)
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts
from tests.testkit.shared import shared_path

SCHEMAS_DIR = default_schemas_dir()
STARTERS = starter_files(SCHEMAS_DIR)
EACH = pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def framework_names() -> Mapping[str, tuple[str, str]]:
    """Every URI of the frameworks with its name there, and the code that O*NET has for a thing of that name.

    The skills of the ESCO subset come without a label of their own; their text begins with it.
    """
    found: dict[str, tuple[str, str]] = {}
    with shared_path("frameworks/onet/Content Model Reference.txt").open(newline="") as rows:
        codes = {row["Element Name"]: row["Element ID"] for row in csv.DictReader(rows, delimiter="\t")}
    for path in shared_path("frameworks/ctdl").glob("*.json"):
        for node in read(path)["@graph"]:
            if "ceasn:competencyLabel" in node:
                name = node["ceasn:competencyLabel"]["en-us"]
                found[node["@id"]] = (name, codes.get(name, ""))
    esco = shared_path("frameworks/esco")
    with (esco / "esco_mentoring_subset.csv").open(newline="") as rows:
        for row in csv.DictReader(rows):
            found[row["conceptUri"]] = (row["text_verbatim"], "")
    for profile in json.loads((esco / "esco_role_profiles_subset.json").read_bytes()):
        found[profile["uri"]] = (profile["label"], "")
    return found


def alignments(document: Mapping[str, Any]) -> list[dict[str, str]]:
    return list(document["achievement"]["alignment"])


def test_there_are_competencies_and_two_mentor_accreditations() -> None:
    kinds = {path.stem: read(path)["kind"] for path in STARTERS}
    assert sum(kind == "competency-mastery" for kind in kinds.values()) >= 3
    assert {key for key, kind in kinds.items() if kind == "mentor-accreditation"} == {
        "mentor-foundation",
        "mentor-practitioner",
    }


@EACH
def test_each_passes_what_an_administrators_file_must_pass(path: Path) -> None:
    faults = check_definition(
        read(path),
        read_image=image_files(path.parent, within=SCHEMAS_DIR),
        schemas=CredentialSchemas.load(SCHEMAS_DIR),
        canonizer=Canonizer(PinnedContexts.load(SCHEMAS_DIR)),
    )
    assert faults == ()


@EACH
def test_each_is_complete(path: Path) -> None:
    document = read(path)
    achievement = document["achievement"]
    assert document["key"] == path.stem
    assert achievement["achievementType"] in ("Competency", "Certification")
    assert len(achievement["criteria"]["narrative"]) > 300
    assert achievement["tag"]
    assert achievement["humanCode"]
    assert achievement["inLanguage"] == "en"
    assert document["image"]["caption"]
    types = {result["resultType"]: result for result in achievement["resultDescription"]}
    assert set(types) == {"RubricCriterionLevel", "Percent"}
    rubric = types["RubricCriterionLevel"]
    assert len(rubric["rubricCriterionLevel"]) >= 3
    assert all(level["description"] and level["level"] for level in rubric["rubricCriterionLevel"])
    assert rubric["requiredLevel"] in [level["id"] for level in rubric["rubricCriterionLevel"]]


@EACH
def test_each_alignment_is_a_real_entry_of_its_framework_under_its_own_name(path: Path) -> None:
    names = framework_names()
    for alignment in alignments(read(path)):
        name, code = names[alignment["targetUrl"]]
        assert name == alignment["targetName"] or name.startswith(alignment["targetName"] + " ")
        assert alignment.get("targetCode", "") == code
        assert alignment["targetType"] in ("ceasn:Competency", "ext:escoSkill", "ext:escoOccupation")


@EACH
def test_each_is_aligned_to_two_frameworks_or_more(path: Path) -> None:
    assert len({alignment["targetFramework"] for alignment in alignments(read(path))}) >= 2
    hosts = {alignment["targetUrl"].split("/")[2] for alignment in alignments(read(path))}
    assert hosts == {"data.europa.eu", "www.onetcenter.org"}


def test_codes_and_pictures_are_used_once() -> None:
    documents = [read(path) for path in STARTERS]
    for values in (
        [document["achievement"]["humanCode"] for document in documents],
        [document["achievement"]["name"] for document in documents],
        [document["image"]["png"] for document in documents],
    ):
        assert len(set(values)) == len(STARTERS)


@pytest.mark.parametrize("path", sorted((SCHEMAS_DIR / "images").glob("*.png")), ids=lambda path: path.stem)
def test_each_picture_is_small_and_has_its_drawing(path: Path) -> None:
    assert path.stat().st_size < 60_000
    assert path.with_suffix(".svg").is_file()
    with Image.open(path) as image:
        assert image.size == (600, 600)


def test_the_default_picture() -> None:
    image = load_default_image(SCHEMAS_DIR)
    assert image.svg is not None
    assert image.caption
