"""/lti/{source}: this service as an LTI 1.3 tool. Login, launch, our public keys; a badge placed in a course.

The browser carries state and nonce from the login to the launch in a cookie that it sends from the platform's
page (`SameSite=None`). Browsers that keep no such cookies in a frame have to open the launch in its own
window; the refusal says so.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from credserv.ground.addresses import require_https
from credserv.ground.errors import FetchRefusedError, LaunchError, NotFoundError
from credserv.journeys.award import launches
from credserv.journeys.award.registering import register as register_tool
from credserv.journeys.connect.sources import find_source
from credserv.records.sources import SourceRecord
from credserv.sources.lti.launch import DEEP_LAUNCH, Launch, return_address
from credserv.web.frame.context import context, now, services
from credserv.web.frame.door import PAGE_POLICY, SCRIPT_POLICY, door
from credserv.web.frame.rendering import install, page

bp = Blueprint("lti", __name__, url_prefix="/lti")
bp.record_once(install)

_MINUTES = 10
_LOST = (
    "Your browser did not bring along what this page gave it a moment ago. Open the link in a window of its "
    "own: inside the page of a course, browsers may keep no cookies of other sites."
)


@bp.route("/<string:source>/login", methods=["GET", "POST"])
@door(budget="hooks", shown=("source",), private=True)
def login(source: str) -> Response:
    """Answer the login, where the platform sends the browser first. Raises NotFoundError, LaunchError."""
    record = _source(source)
    asked = {name: value for name, value in request.values.items() if len(value) <= 4_096}
    begun = launches.begin_login(record, asked, redirect_uri=_launch_address(source))
    response = Response(status=302, headers={"Location": begun.address})
    ends = int(now().timestamp()) + _MINUTES * 60
    response.set_cookie(
        _cookie(begun.state),
        _signer().dumps([record.name, begun.state, begun.nonce, ends]),
        max_age=_MINUTES * 60,
        path=_place(source),
        secure=context().https,
        httponly=True,
        samesite="None" if context().https else "Lax",
    )
    return response


@bp.route("/<string:source>/launch", methods=["POST"])
@door(budget="hooks", shown=("source",), private=True)
def launch(source: str) -> Response:
    """Answer a launch, posted by the platform's page. Raises NotFoundError, LaunchError."""
    record = _source(source)
    state = request.form.get("state", "")
    nonce = _nonce_of(record, state)
    opened = launches.open_launch(
        services(), record, request.form.get("id_token", ""), nonce=nonce, now=now()
    )
    response = _choose(record, opened) if opened.message_type == DEEP_LAUNCH else _welcome(opened)
    response.delete_cookie(_cookie(state), path=_place(source))
    return response


@bp.route("/<string:source>/jwks", methods=["GET"])
@door(budget="hooks", machine=True, shown=("source",), cache="public, max-age=300")
def jwks(source: str) -> Response:
    """Return the public keys of this tool's signatures, for platforms. Raises NotFoundError."""
    return Response(
        json.dumps(launches.public_keys(services(), _source(source))), mimetype="application/json"
    )


@bp.route("/<string:source>/register/<path:secret>", methods=["GET"])
@door(budget="hooks", shown=("source",), private=True, guessable=True)
def register(source: str, secret: str) -> Response:
    """Run Dynamic Registration; the platform opens this address in its administrator's window.

    Raises NotFoundError, InputError, UnavailableError.
    """
    issuer = register_tool(
        services(),
        _source(source),
        secret,
        configuration_url=request.args.get("openid_configuration", ""),
        token=request.args.get("registration_token", ""),
        now=now(),
    )
    return _framed(page("public/lti_registered.html", private=True), [issuer], policy=SCRIPT_POLICY)


def _welcome(opened: Launch) -> Response:
    achievement = launches.achievement_of(services(), opened)
    rendered = page("public/lti_launch.html", private=True, achievement=achievement)
    return _framed(rendered, opened.pages)


def _choose(record: SourceRecord, opened: Launch) -> Response:
    back = return_address(opened)
    choices = launches.list_choices(
        services(), record, opened, launch_address=_launch_address(record.name), now=now()
    )
    rendered = page("public/lti_choice.html", private=True, choices=choices, back=back)
    return _framed(rendered, opened.pages, posts_to=back)


def _framed(
    response: Response, pages: Iterable[str], *, posts_to: str = "", policy: str = PAGE_POLICY
) -> Response:
    """Allow only the platform to show the page inside its own. `pages` are addresses of the platform."""
    homes = dict.fromkeys(origin for one in pages if (origin := _origin(one)))
    home = " ".join(homes) or "'none'"
    told = policy.replace("frame-ancestors 'none'", f"frame-ancestors {home}")
    if posts_to:
        told = told.replace("form-action 'self'", f"form-action {_origin(posts_to)}")
    response.headers["Content-Security-Policy"] = told
    return response


def _origin(address: str) -> str:
    """Return an origin as a content policy names it; "" if it is not a plain https address."""
    try:
        parts = urlsplit(require_https(address))
    except FetchRefusedError:
        return ""
    return f"https://{parts.netloc}"


def _source(name: str) -> SourceRecord:
    """Return the source. Raises the same NotFoundError if it is unknown, paused, or of another dialect."""
    found = find_source(services(), name)
    if found is None or not found.enabled or found.dialect != "lti":
        raise NotFoundError("there is no such LTI source")
    return found


def _launch_address(source: str) -> str:
    return f"{services().public_url}/lti/{source}/launch"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="credserv: lti login")


def _place(source: str) -> str:
    """Return the path its cookies are sent to."""
    return url_for("lti.login", source=source).rpartition("/")[0]


def _cookie(state: str) -> str:
    """Return a cookie's name, one for each login: several links of a course may be open at once."""
    return "credserv_lti_" + hashlib.sha256(state.encode()).hexdigest()[:16]


def _nonce_of(record: SourceRecord, state: str) -> str:
    """Return the nonce of the login that this browser began. Raises LaunchError."""
    try:
        source, kept, nonce, ends = _signer().loads(request.cookies.get(_cookie(state), ""))
    except (BadSignature, ValueError, TypeError) as error:
        raise LaunchError(_LOST) from error
    same = hmac.compare_digest(str(kept).encode(), state.encode()) and source == record.name
    if not state or not same or ends < now().timestamp():
        raise LaunchError(_LOST)
    return str(nonce)
