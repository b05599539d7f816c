"""`credserv schema`: check achievement definitions and load them."""

from __future__ import annotations

from pathlib import Path

import click

from credserv.app.schemas import default_schemas_dir
from credserv.ground.errors import SchemaFaultsError
from credserv.journeys.define.achievements import check_definition, define, image_files, load_default_image
from credserv.journeys.define.catalogue import newest_of_each
from credserv.openbadges.definition_advice import advise
from credserv.openbadges.json_schema import CredentialSchemas
from credserv.openbadges.learning_credential import lacks
from credserv.openbadges.studies import read_studies
from credserv.processes.commands.context import (
    Installation,
    changing_organisation,
    file_argument,
    in_organisation,
    read_json_file,
    show_table,
    utc_now,
)
from credserv.proof.rdf.canonize import Canonizer
from credserv.proof.rdf.document_loader import PinnedContexts


@click.group()
def schema() -> None:
    """Achievements: what a credential certifies. A definition is a JSON file, with its pictures beside it."""


@schema.command("check")
@file_argument
def check(path: Path) -> None:
    """Show every fault of the definition in FILE, and what readers would miss. Needs no installation."""
    schemas_dir = default_schemas_dir()
    document = read_json_file(path)
    faults = check_definition(
        document,
        read_image=image_files(path.parent),
        schemas=CredentialSchemas.load(schemas_dir),
        canonizer=Canonizer(PinnedContexts.load(schemas_dir)),
        default_image=load_default_image(schemas_dir),
    )
    if faults:
        raise SchemaFaultsError(f"{path} has {len(faults)} fault{'s'[: len(faults) > 1]}", faults=faults)
    click.echo(f"{path} has no faults")
    achievement, learning = document["achievement"], document.get("learning")
    advice = advise(achievement, learning)
    if advice:
        click.echo("A recruiter or a registry would miss:")
        show_table([(one.missing, one.terms) for one in advice])
    missing = lacks(achievement, read_studies(learning))
    if missing:
        click.echo(f"To be issued as the EU's learning credential, it lacks: {'; '.join(missing)}")


@schema.command("load")
@file_argument
@changing_organisation
def load(installation: Installation, path: Path) -> None:
    """Store the definition in FILE as the newest version of its achievement."""
    version, created = define(
        installation.services,
        read_json_file(path),
        read_image=image_files(path.parent),
        actor="cli",
        now=utc_now(),
    )
    what = "is stored" if created else "was there already"
    click.echo(f"{version.key} version {version.version} {what}: {version.achievement['id']}")


@schema.command("list")
@in_organisation
def list_achievements(installation: Installation) -> None:
    """Show the newest version of every achievement."""
    rows: list[tuple[str, ...]] = [("KEY", "VERSION", "KIND", "NAME")]
    for version in newest_of_each(installation.services):
        rows.append((version.key, str(version.version), version.kind.value, str(version.achievement["name"])))
    show_table(rows)
