"""A cache in front of the service (nginx, a CDN) spares it, and tells nobody what is another's."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path

import pytest

from credserv.app.founding import found_organisation
from credserv.records.organisations import Founding
from tests.journeys.operate.test_deploy import DEPLOY, NGINX, ask_proxy, nginx_before
from tests.testkit.browsing import Person
from tests.testkit.processes import free_port
from tests.testkit.served import served
from tests.testkit.service import NOW, Service

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
_CACHE = "proxy_cache_path {folder}/cache keys_zone=credserv:10m max_size=1g use_temp_path=off;\n"
# As the file says, of every address: what a cache may keep is said by the service, and by nothing else.
_OF_ALL = """location ~ ^/(?!metrics) {
proxy_cache credserv; proxy_cache_key $scheme$host$request_uri; proxy_pass http://credserv;
proxy_set_header Host $host; add_header X-Cache $upstream_cache_status always;
}"""
JSON = {"Accept": "application/json"}
HOST = "badges.example.org"
URL = f"https://{HOST}"
DID = "/.well-known/did.json"
_ANY = "text/html, */*;q=0.5"


def test_what_everybody_may_read_comes_out_of_the_cache(tmp_path: Path) -> None:
    outside = free_port()
    around, within = _CACHE.format(folder=tmp_path), f"include {DEPLOY / 'nginx-cache.conf'};"
    with served(tmp_path, public_url=URL) as service:
        credential = service.client().get(f"/credentials/{service.issue()}.json").json
        achievement = credential["credentialSubject"]["achievement"]
        addresses = [
            *(credential["credentialStatus"]["statusListCredential"], achievement["id"]),
            *(achievement["image"]["id"], f"{service.settings.public_url}/.well-known/did.json"),
        ]
        paths = [address.removeprefix(service.settings.public_url) for address in addresses]
        upstream = f"127.0.0.1:{service.settings.port}"
        with nginx_before(upstream, outside, tmp_path, within=within, around=around) as context:
            for path in paths:
                first, body = _ask(outside, context, path, JSON)
                again, same = _ask(outside, context, path, JSON)
                assert (first.status, first.headers["X-Cache"]) == (200, "MISS"), path
                assert (again.status, again.headers["X-Cache"], same) == (200, "HIT", body), path
            _, page = _ask(outside, context, paths[1], {"Accept": "text/html", "Accept-Language": "de"})
            _, other = _ask(outside, context, paths[1], {"Accept": "text/html", "Accept-Language": "fr"})
            assert ('lang="de"' in page, 'lang="fr"' in other) == (True, True)


def test_found_o2_a_list_is_kept_no_longer_than_until_the_next(tmp_path: Path) -> None:
    with served(tmp_path, public_url=URL) as service:
        document = service.client().get(f"/credentials/{service.issue()}.json").json
        path = document["credentialStatus"]["statusListCredential"].removeprefix(service.settings.public_url)
        answer = service.client().get(path)
        kept = int(answer.headers["Cache-Control"].removeprefix("public, max-age="))
        assert 0 < kept <= service.settings.status_list_refresh_seconds
        assert kept * 1_000 <= answer.json["credentialSubject"].get("ttl", kept * 1_000)


def test_a_cache_before_all_of_it_keeps_nothing_of_anybody(tmp_path: Path) -> None:
    """Asked as somebody who is signed in, then by a stranger, at every address without parameters."""
    outside = free_port()
    with served(tmp_path, public_url=URL) as service:
        found_organisation(
            service.settings, service.services.store, Founding("acme", "Acme"), actor="test", now=NOW
        )
        credential_id = service.issue(email="kim@example.org")
        signed_in = _cookies(service)
        paths = sorted(
            {
                rule.rule
                for rule in service.app.url_map.iter_rules()
                if "GET" in (rule.methods or ()) and not rule.arguments and rule.rule != "/metrics"
            }
        )
        upstream = f"127.0.0.1:{service.settings.port}"
        with nginx_before(
            upstream, outside, tmp_path, within=_OF_ALL, around=_CACHE.format(folder=tmp_path)
        ) as context:
            kept = set()
            for path in (*paths, f"/credentials/{credential_id}"):
                _ask(outside, context, path, {"Accept": _ANY, "Cookie": signed_in})
                answer, said = _ask(outside, context, path, {"Accept": _ANY})
                assert "kim@example.org" not in said, path
                if answer.headers["X-Cache"] == "HIT":
                    kept.add(path)
                    assert answer.headers["Cache-Control"].startswith("public"), path
                    assert "Set-Cookie" not in answer.headers, path
            assert DID in kept
            assert not {path for path in kept if path.startswith(("/wallet", "/console", "/mentoring"))}


def test_two_hosts_share_no_answer(tmp_path: Path) -> None:
    """The address alone names nothing where several hosts are served."""
    outside = free_port()
    with served(tmp_path, public_url=URL) as service:
        acme = Founding("acme", "Acme", address="https://acme.example.org")
        found_organisation(service.settings, service.services.store, acme, actor="test", now=NOW)
        around, within = _CACHE.format(folder=tmp_path), f"include {DEPLOY / 'nginx-cache.conf'};"
        upstream = f"127.0.0.1:{service.settings.port}"
        with nginx_before(upstream, outside, tmp_path, within=within, around=around) as context:
            told = [
                json.loads(_ask(outside, context, "/.well-known/did.json", {**JSON, "Host": host})[1]).get(
                    "id"
                )
                for host in (HOST, "acme.example.org", HOST)
            ]
        assert told[0] == told[2]
        assert told[0] != told[1]


def _ask(
    port: int, context: ssl.SSLContext, path: str, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, str]:
    return ask_proxy(port, context, path, {"Host": HOST, **headers})


def _cookies(service: Service) -> str:
    """Of somebody who has both a wallet and the console open."""
    people = (Person(service).open_wallet("kim@example.org"), Person(service).sign_in_to_console())
    found = {one.key: one.value for person in people for one in person.client._cookies.values()}
    return "; ".join(f"{name}={value}" for name, value in found.items())
