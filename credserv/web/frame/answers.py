"""The responses of views, passed to the server as werkzeug does, in fewer steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Nothing in it needs escaping, and the host has no other spelling.
_is_uri = re.compile(r"[a-z]+://[a-z0-9.:-]+/[A-Za-z0-9._~/?&=#-]*", re.ASCII).fullmatch
_WITHOUT_BODY = (204, 304)


class Answer(Response):
    """A response. `standing`: headers it is sent with unless it sets them itself."""

    standing: Sequence[tuple[str, str]] = ()

    def get_wsgi_response(
        self, environ: WSGIEnvironment
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Build the WSGI response.

        werkzeug itself handles unusual ones (no body, a streamed body, an address to be escaped), copying and
        checking each header once more.
        """
        told = list(self.headers)
        said = {name.lower() for name, _ in told}
        standing = [one for one in self.standing if one[0].lower() not in said]
        usual = self.is_sequence and self.status_code >= 200 and self.status_code not in _WITHOUT_BODY
        address = self.headers.get("Location") if "location" in said else None
        if not usual or "content-location" in said or not (address is None or _is_uri(address)):
            self.headers.extend(standing)
            return super().get_wsgi_response(environ)
        if "content-length" not in said:
            standing.append(("Content-Length", str(sum(map(len, self.iter_encoded())))))
        return self.get_app_iter(environ), self.status, told + standing
