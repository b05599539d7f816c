"""`credserv demo`, `init`, `serve`, `worker` and `migrate`: start and run an installation."""

from __future__ import annotations

import click

from credserv.app.backup import upgrade
from credserv.app.installation import begin, require_address, require_issuer, require_journal
from credserv.app.remembered import data_folder, is_begun
from credserv.app.variables import PREFIX
from credserv.processes.commands.context import Installation, in_installation, in_organisation, utc_now
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
from credserv.processes.running import tell
from credserv.processes.supervisor import open_listener
from credserv.processes.supervisor import serve as run_service
from credserv.processes.worker import run_worker


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="[default: 8080, or the port of the first start]")
@in_installation
def demo(installation: Installation, port: int | None) -> int:
    """Start a complete demonstration on this machine; the first start creates all it needs."""
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


@click.command()
@click.option("--source", "source_name", default=SOURCE, show_default=True, help="Whose secret signs.")
@click.option("--email", default="pat@example.org", show_default=True, help="The learner.")
@click.option("--name", default="Pat Doe", show_default=True, help="The learner's name.")
@click.option("--course", default=COURSE, show_default=True, help="The course that was completed.")
@in_organisation
def curl(installation: Installation, source_name: str, email: str, name: str, course: str) -> None:
    """Print a freshly signed completion event as one curl command, valid for five minutes."""
    event = SampleEvent(source=source_name, email=email, name=name, course=course)
    click.echo(event_curl(installation.store, installation.services.public_url, event, now=utc_now()))


@click.command()
@click.option("--public-url", help="Public address, for example https://badges.example.org")
@click.option("--name", help="The issuer's name, as badges show it.")
@click.option("--url", help="The issuer's website.")
@click.option("--email", help="The issuer's e-mail address, as badges show it.")
@click.option(
    "--empty", is_flag=True, help="Create no issuer: it will be imported from another installation."
)
@in_installation
def init(
    installation: Installation,
    public_url: str | None,
    name: str | None,
    url: str | None,
    email: str | None,
    empty: bool,
) -> None:
    """Create an installation: secrets, signing key, database and issuer. Safe to repeat.

    The settings given, including those of the environment, are remembered (`credserv settings`).
    """
    asked = {"PUBLIC_URL": public_url, "ISSUER_NAME": name, "ISSUER_URL": url, "ISSUER_EMAIL": email}
    chosen = {setting: value for setting, value in asked.items() if value}
    begun = begin(installation.environ, chosen, now=utc_now(), empty=empty)
    for line in begun:
        click.echo(line)


@click.command()
@click.option(
    "--without-worker", is_flag=True, help="Run only web processes; `credserv worker` runs separately."
)
@in_installation
def serve(installation: Installation, without_worker: bool) -> int:
    """Run the service: web processes and the worker, until SIGTERM or Ctrl-C."""
    chosen = installation.settings
    with open_listener(chosen.host, chosen.port) as listener:
        require_issuer(installation.store)
        require_address(chosen, installation.store, now=utc_now())
        require_journal(chosen, installation.store)
        return run_service(
            chosen,
            installation.environ,
            listener,
            on_ready=lambda: tell(
                f"Serving {chosen.public_url}, listening on {chosen.host}, port {chosen.port}"
            ),
            with_worker=not without_worker,
        )


@click.command()
@in_installation
def worker(installation: Installation) -> None:
    """Run only the worker (`serve` already runs one beside the web)."""
    run_worker(installation.settings)


@click.command()
@in_installation
def migrate(installation: Installation) -> None:
    """Migrate the database to this release. `credserv upgrade` copies everything first."""
    upgrade(installation.settings, make_copy=lambda: None)
    click.echo("The database is ready for this release.")
