"""The command line: `python -m credserv`, or `credserv` where the package is installed.

Exit codes: 0 done, 1 refused or failed, 3 used wrongly; `verify` has its own meaning of 1 and adds 2.
An error is one line on stderr, then one line for each fault.
"""

from __future__ import annotations

import click

from credserv import __version__
from credserv.app.installation import begin, require_address, require_issuer, require_journal
from credserv.app.remembered import data_folder, is_begun
from credserv.app.variables import PREFIX
from credserv.ground.errors import SettingsError
from credserv.journeys.admit.sign_in import Owner, create_console_link, create_wallet_link, require_email
from credserv.processes.commands.anchors import anchors
from credserv.processes.commands.api_keys import api_key
from credserv.processes.commands.archive import archive
from credserv.processes.commands.audit import audit
from credserv.processes.commands.backup import backup, restore_command, upgrade
from credserv.processes.commands.bulk import bulk
from credserv.processes.commands.context import Installation, in_installation, in_organisation, utc_now
from credserv.processes.commands.contexts import contexts
from credserv.processes.commands.doctor import doctor
from credserv.processes.commands.eligibility import eligibility
from credserv.processes.commands.frameworks import framework
from credserv.processes.commands.hr import hr
from credserv.processes.commands.jobs import jobs
from credserv.processes.commands.keys import keys
from credserv.processes.commands.letters import letters
from credserv.processes.commands.lists import lists
from credserv.processes.commands.login import login
from credserv.processes.commands.offers import offer
from credserv.processes.commands.organisations import organisation
from credserv.processes.commands.replay import replay_command
from credserv.processes.commands.rules import rule
from credserv.processes.commands.schema import schema
from credserv.processes.commands.settings import settings
from credserv.processes.commands.sources import source
from credserv.processes.commands.trust import trust
from credserv.processes.commands.verify import verify
from credserv.processes.commands.webhooks import webhook
from credserv.processes.demo import (
    COURSE,
    SOURCE,
    SampleEvent,
    demo_elsewhere,
    demo_environment,
    event_curl,
    prepare_demo,
    welcome,
)
from credserv.processes.running import CONTEXT, run, tell
from credserv.processes.supervisor import open_listener
from credserv.processes.supervisor import serve as run_service
from credserv.processes.worker import run_worker
from credserv.store.store import open_store


@click.group(context_settings=CONTEXT)
def cli() -> None:
    """credserv turns proven competence into Open Badges 3.0 credentials that people keep."""


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), help="[default: 8080, or that of the first start]")
@in_installation
def demo(installation: Installation, port: int | None) -> int:
    """Start a complete demonstration on this machine; the first start makes all that it needs."""
    environ = demo_environment(installation.environ, port)
    host, own_port = environ.get(f"{PREFIX}HOST", "127.0.0.1"), int(environ[f"{PREFIX}PORT"])
    other = demo_elsewhere(environ) if is_begun(data_folder(environ)) else "give --port N"
    with open_listener(host, own_port, other=other) as listener:
        ready = prepare_demo(environ, now=utc_now(), say=tell)
        log = ready.settings.data_dir / "demo.log"
        tell(f"Starting web and worker; their log: {log}")
        return run_service(
            ready.settings,
            ready.environ,
            listener,
            on_ready=lambda: click.echo(welcome(ready, now=utc_now())),
            log=log,
        )


@cli.command()
@click.option("--source", "source_name", default=SOURCE, show_default=True, help="Whose secret signs.")
@click.option("--email", default="pat@example.org", show_default=True, help="The learner.")
@click.option("--name", default="Pat Doe", show_default=True, help="The learner's name.")
@click.option("--course", default=COURSE, show_default=True, help="The course that was completed.")
@in_organisation
def curl(installation: Installation, source_name: str, email: str, name: str, course: str) -> None:
    """Print a freshly signed completion event as one curl command, good for five minutes."""
    event = SampleEvent(source=source_name, email=email, name=name, course=course)
    click.echo(event_curl(installation.store, installation.services.public_url, event, now=utc_now()))


@cli.command("console-link")
@click.option(
    "--owner", "email", help="The owner to sign in as, by e-mail address; made one if they are not."
)
@click.option("--name", default="", help="The name of a new owner.")
@in_organisation
def console_link(installation: Installation, email: str | None, name: str) -> None:
    """Print a link that signs one browser in to the console as an owner, once, within 15 minutes.

    Where there is no owner yet, its page asks who you are.
    """
    owner = Owner(email, name) if email else None
    click.echo(create_console_link(installation.services, utc_now(), owner=owner))


@cli.command("wallet-link")
@click.argument("email")
@in_organisation
def wallet_link(installation: Installation, email: str) -> None:
    """Print the link to a wallet that a mail server would bring to EMAIL.

    For services without a mail server. It opens the wallet of whoever has that address, so hand it to them
    and to nobody else.
    """
    click.echo(create_wallet_link(installation.services, require_email(email), utc_now()))


@cli.command()
@click.option("--public-url", help="Where people will reach it, as in https://badges.example.org")
@click.option("--name", help="The issuer's name, as badges show it.")
@click.option("--url", help="The issuer's own web page.")
@click.option("--email", help="The issuer's e-mail address, as badges show it.")
@click.option("--empty", is_flag=True, help="Make no issuer: one is imported from another installation.")
@in_installation
def init(
    installation: Installation,
    public_url: str | None,
    name: str | None,
    url: str | None,
    email: str | None,
    empty: bool,
) -> None:
    """Begin an installation: secrets, signing key, database and issuer. Safe to repeat.

    The settings that it is begun with are remembered, those of the environment too (`credserv settings`).
    """
    asked = {"PUBLIC_URL": public_url, "ISSUER_NAME": name, "ISSUER_URL": url, "ISSUER_EMAIL": email}
    chosen = {setting: value for setting, value in asked.items() if value}
    begun = begin(installation.environ, chosen, now=utc_now(), empty=empty)
    for line in begun:
        click.echo(line)


@cli.command()
@in_installation
def serve(installation: Installation) -> int:
    """Run the service: web processes and the worker, until SIGTERM or Ctrl-C."""
    chosen = installation.settings
    with open_listener(chosen.host, chosen.port) as listener:
        require_issuer(installation.store)
        require_address(chosen, installation.store, now=utc_now())
        require_journal(chosen, installation.store)
        return run_service(
            chosen, installation.environ, listener, on_ready=lambda: tell(f"Serving {chosen.public_url}")
        )


@cli.command()
@in_installation
def worker(installation: Installation) -> None:
    """Run the worker alone (`serve` runs one beside the web already)."""
    run_worker(installation.settings)


@cli.command()
@in_installation
def migrate(installation: Installation) -> None:
    """Bring the database to this release. `credserv upgrade` makes a copy of everything before."""
    chosen = installation.settings
    store = open_store(chosen.database_url, secret_key=chosen.secret_key)
    if store.is_empty():
        raise SettingsError(
            "this database holds no installation, so there is nothing to bring to this release: see whether "
            "CREDSERV_DATABASE_URL names the right one (`credserv settings show`), or run `credserv init`"
        )
    store.migrate()
    click.echo("The database is ready for this release.")


@cli.command()
def version() -> None:
    """Print the release."""
    click.echo(__version__)


for group in (
    audit,
    backup,
    restore_command,
    upgrade,
    doctor,
    lists,
    keys,
    organisation,
    contexts,
    anchors,
    rule,
    schema,
    settings,
    source,
    webhook,
    bulk,
    trust,
    api_key,
    letters,
    login,
    offer,
    jobs,
    verify,
    archive,
    eligibility,
    replay_command,
    framework,
    hr,
):
    cli.add_command(group)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code. What it writes is readable by its owner alone."""
    return run(cli, arguments)
