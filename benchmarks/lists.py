"""How long the console's pages and searches take over many badges.

    python -m benchmarks.lists [--stored 100000] [--loads 20] [--database sqlite|postgresql]

Badges are issued by HTTP, a hundred a request, and one in a hundred by an event of the LMS. Then the owner
signs in and loads each page that the console's pages lead to, the following pages of its lists, and some
searches. Each line tells within how many milliseconds 95 of 100 loads were answered; the target is 300.
Service and database are on one core, the browser's part on another.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar

from benchmarks.load import ask
from benchmarks.orders import Access, database_on
from benchmarks.processes import cores
from benchmarks.service import BATCH, batch_request, event_request, ours
from benchmarks.stored import DATABASES

TARGET_MS = 300
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_LINK = re.compile(r'<a[^>]*href="([^"#]+)"')
# Tables to save are streamed whole, and are meant to take their time.
_NOT_PAGES = re.compile(r"/export|\.csv|/sign-out|\.(json|zip|png|svg|pdf)")
_SEARCHES = (
    "/console/credentials?q=example.org",
    "/console/credentials?q=nobody+at+all",
    "/console/credentials?q=pat+mentor",
    "/console/credentials?state=revoked",
    "/console/people?q=example.org",
    "/console/people?q=nobody+at+all",
    "/console/audit?q=nobody",
    "/console/audit?action=credential.sign",
)


class Console:
    """A browser in which the owner is signed in."""

    def __init__(self, access: Access) -> None:
        self._address = f"http://localhost:{access.port}"
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        token = _TOKEN.search(self._open(access.console_link))
        if token is None:
            raise RuntimeError("the link to the console has no form")
        form = urllib.parse.urlencode({"csrf_token": html.unescape(token[1])}).encode()
        self._open(access.console_link, form)

    def get(self, path: str) -> str:
        return self._open(self._address + path)

    def _open(self, address: str, form: bytes | None = None) -> str:
        request = urllib.request.Request(address, form, {"Accept": "text/html"})
        with self._opener.open(request, timeout=60) as answer:
            found: str = answer.read().decode()
        return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lists", description=__doc__)
    parser.add_argument("--stored", type=int, default=100_000, help="badges [100000]")
    parser.add_argument("--loads", type=int, default=20, help="of each page [20]")
    parser.add_argument("--database", choices=DATABASES, help="this one alone; otherwise both in turn")
    options = parser.parse_args()
    for database in [options.database] if options.database else DATABASES:
        core = cores()[0]
        with database_on(core, database) as url, ours(core, url) as access:
            _fill(access, options.stored)
            for path, taken in _measure(Console(access), options.loads):
                missed = "" if taken <= TARGET_MS else "  missed"
                sys.stdout.write(f"{database:10} {taken:7.0f} ms  {path}{missed}\n")
                sys.stdout.flush()
    return 0


def _fill(access: Access, stored: int) -> None:
    for _ in range(stored // BATCH):
        ask(access.port, batch_request(access))
        ask(access.port, event_request(access))


def _measure(console: Console, loads: int) -> Iterator[tuple[str, float]]:
    """Each page with its time; one page stands for all that differ from it by an id alone."""
    waiting, kinds = ["/console/", *_SEARCHES], set[str]()
    while waiting:
        path = waiting.pop(0)
        taken = []
        for _ in range(loads):
            begun = time.perf_counter()
            page = console.get(path)
            taken.append(time.perf_counter() - begun)
        yield path, sorted(taken)[int(len(taken) * 0.95) - 1] * 1_000
        for found in map(html.unescape, _LINK.findall(page)):
            link = urllib.parse.urljoin(path, found)
            kind = _kind_of(link)
            if link.startswith("/console") and kind not in kinds and not _NOT_PAGES.search(link):
                kinds.add(kind)
                waiting.append(link)


def _kind_of(link: str) -> str:
    """The address without ids, and without the values of its parameters."""
    path, _, query = link.partition("?")
    parts = ["*" if len(part) > 15 or part.isdigit() else part for part in path.split("/")]
    return "/".join(parts) + "?" + "&".join(sorted(urllib.parse.parse_qs(query)))


if __name__ == "__main__":
    sys.exit(main())
