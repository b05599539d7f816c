"""Console: where the organisation's people sign in, besides mailed links and passkeys."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credserv.ground.errors import CredservError, InputError, NotFoundError, UnavailableError
from credserv.journeys.admit import oidc
from credserv.records.roles import Permission
from credserv.web.frame.console_doors import console_door
from credserv.web.frame.context import now, services
from credserv.web.frame.languages import gettext
from credserv.web.frame.rendering import page
from credserv.web.frame.sessions import actor

blueprint = Blueprint("provider", __name__, url_prefix="/organisation/login")


@blueprint.get("")
@console_door(needs=Permission.ORGANISATION)
def index() -> Response:
    return _page()


@blueprint.post("")
@console_door(needs=Permission.ORGANISATION, proof=True)
def set_provider() -> AnyResponse:
    """Set the provider. Its configuration is read at once, so that an administrator sees a wrong address."""
    form = {name: request.form.get(name, "").strip() for name in ("issuer", "client_id", "client_secret")}
    try:
        oidc.set_provider(
            services(),
            form["issuer"],
            form["client_id"],
            form["client_secret"],
            actor=actor(),
            now=now(),
        )
    except (InputError, UnavailableError) as error:
        return _page(error)
    flash(gettext("Saved. Your people can sign in there from now on."))
    return redirect(url_for("tell.provider.index"), 303)


@blueprint.post("/end")
@console_door(needs=Permission.ORGANISATION, proof=True)
def end() -> AnyResponse:
    try:
        oidc.end_provider(services(), actor=actor(), now=now())
    except NotFoundError as error:
        return _page(error)
    flash(gettext("Nobody can sign in there any more. Their other ways to sign in still work."))
    return redirect(url_for("tell.provider.index"), 303)


def _page(error: CredservError | None = None) -> Response:
    known = oidc.provider_of(services())
    kept = {} if known is None else {"issuer": known.issuer, "client_id": known.client_id}
    return page(
        "tell/provider.html",
        status=200 if error is None else 400,
        private=True,
        here="organisation",
        provider=known,
        back=f"{services().public_url}/wallet/employer/back",
        error=error,
        form=kept if error is None else request.form,
    )
