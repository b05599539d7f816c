"""What views answer with, on its way to the server: as werkzeug sends it, in fewer steps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Nothing in it needs an escape, and no letter of a host another spelling.
_is_uri = re.compile(r"[a-z]+://[a-z0-9.:-]+/[A-Za-z0-9._~/?&=#-]*", re.ASCII).fullmatch
_WITHOUT_BODY = (204, 304)


class Answer(Response):
    """standing: headers that it is sent with unless it says them itself."""

    standing: Sequence[tuple[str, str]] = ()

    def get_wsgi_response(
        self, environ: WSGIEnvironment
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """What is unusual (no body, a body that is made as it is sent, an address to be escaped) werkzeug
        itself sends, which copies and checks each header once more."""
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
