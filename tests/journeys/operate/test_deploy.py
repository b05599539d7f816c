"""The files that operators copy: what they name is there, and what can be run here is run."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from credserv.app.founding import found_organisation
from credserv.app.settings import Settings
from credserv.app.variables import IN_FILES
from credserv.processes.cli import main
from credserv.records.organisations import Founding
from tests.journeys.operate.test_metrics import figures
from tests.test_docs import named_command
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.defects import ALICE, good
from tests.testkit.https_host import make_certificate
from tests.testkit.processes import free_port
from tests.testkit.served import served
from tests.testkit.service import NOW, Service, make_service
from tests.testkit.small_disk import HOW_TO_GET_IT, may_mount

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").iterdir())
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
REQUEST = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_a_file_says_how_it_is_used_and_names_settings_that_exist(path: Path) -> None:
    known = {field.name.upper() for field in fields(Settings)} | {f"{name}_FILE" for name in IN_FILES}
    said = path.read_text()
    assert json.loads(said)["description"] if path.suffix == ".json" else said.startswith("# ")
    assert set(re.findall(r"CREDSERV_([A-Z0-9_]+)", said)) <= known


def test_commands_that_files_run_exist() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    run = [compose["services"][name]["command"] for name in ("web", "worker")]
    for unit in UNITS:
        run += [found.split() for found in re.findall(r"/bin/credserv ((?:[a-z-]+ ?)+)", unit.read_text())]
    container = (DEPLOY / "Containerfile").read_text()
    run += [json.loads(found) for found in re.findall(r"^CMD (\[.*\])$", container, re.MULTILINE)]
    run.append(container_of(named(rendered())["Deployment"])["args"])
    assert len(run) >= 7
    for words in run:
        command = named_command([word for word in words if not word.startswith("-")])
        assert command is not None, words
        options = {option for one in command.params for option in one.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_compose_defines_what_it_uses() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert {name for name in named if not name.startswith(".")} <= set(compose["volumes"])
        for name in named - set(compose["volumes"]):
            assert (DEPLOY / name).exists()
    rates = str(services["web"]["environment"]["CREDSERV_RATE_LIMIT_STORAGE_URL"])
    assert rates.startswith("redis://"), "two web processes count together"
    assert rates.removeprefix("redis://").partition(":")[0] in services
    assert all(service["logging"]["options"]["max-size"] for service in services.values())
    for name in ("web", "worker"):
        assert (services[name]["read_only"], services[name]["cap_drop"]) == (True, ["ALL"])
    assert (DEPLOY / services["web"]["build"]["context"] / services["web"]["build"]["dockerfile"]).is_file()


def test_the_image_copies_what_is_there_and_runs_without_rights() -> None:
    said = (DEPLOY / "Containerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.*)$", said, re.MULTILINE):
        *sources, _ = line.split()
        assert all((ROOT / source).exists() and source[0] != "." for source in sources), line  # no .git
    forced = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    for source in forced["targets"]["wheel"]["force-include"]:
        assert re.search(rf"^COPY {source} ", said, re.MULTILINE)
    assert "--require-hashes" in said
    pinned = (DEPLOY / "redis.txt").read_text().partition("\n")[2]
    assert pinned.startswith("redis==")
    assert pinned in (ROOT / "requirements-dev.txt").read_text()
    assert re.findall(r"^USER (.*)$", said, re.MULTILINE) == ["credserv"]


def test_units_are_well_formed(tmp_path: Path) -> None:
    names = {unit.name for unit in UNITS}
    assert {unit.with_suffix(".service").name for unit in UNITS if unit.suffix == ".timer"} <= names
    for unit in UNITS:
        lines = [line for line in unit.read_text().splitlines() if line and not line.startswith("#")]
        assert all(
            re.fullmatch(r"\[(Unit|Service|Timer|Install)\]|[A-Z][A-Za-z]+=.*", line) for line in lines
        )
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/credserv/bin/credserv", "/bin/true"))
    if shutil.which("systemd-analyze"):
        checked = [str(tmp_path / unit.name) for unit in UNITS]
        ran = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *checked],
            capture_output=True,
            text=True,
            timeout=HANGS_AFTER,
        )
        ours = [line for line in ran.stderr.splitlines() if "credserv" in line]
        assert [
            line for line in ours if "Unknown" in line or "Failed" in line or "not executable" in line
        ] == []


# --- the chart ----------------------------------------------------------------------------------


# In a process of its own: a library that brings Go's runtime along.
_HELM = """
import json, sys
from helm_python.chart import Chart, lint
with Chart.load(sys.argv[1]) as chart:
    made = {"lint": lint(sys.argv[1], strict=True)}
    for name, values in json.loads(sys.argv[2]).items():
        try:
            made[name] = chart.render(values, name="badges")
        except Exception as error:
            made[name] = str(error)
print(json.dumps(made))
"""
_VALUES = {
    "own": {},
    "several": {"replicas": 3, "accessMode": "ReadWriteMany", "rates": {"secret": "our-redis"}},
    "apart": {"replicas": 3},
}


@cache
def by_helm() -> dict[str, Any]:
    """What Helm itself says of the chart, and makes of it with its own values and with others."""
    command = [sys.executable, "-c", _HELM, str(DEPLOY / "helm" / "credserv"), json.dumps(_VALUES)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def rendered(values: str = "own") -> list[dict[str, Any]]:
    texts = by_helm()[values].values()
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def test_helm_finds_no_fault_in_the_chart() -> None:
    told = by_helm()["lint"]
    assert (told["total_charts_linted"], told["errors"]) == (1, [])
    assert {message["error"] for message in told["messages"]} <= {"icon is recommended"}


def container_of(deployment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def named(documents: list[dict[str, Any]], name: str = "badges") -> dict[str, dict[str, Any]]:
    """By kind."""
    return {document["kind"]: document for document in documents if document["metadata"]["name"] == name}


def test_the_chart_fits_together() -> None:
    documents = named(rendered())
    assert set(documents) == {"Deployment", "PersistentVolumeClaim", "Service", "Ingress"}
    pod = documents["Deployment"]["spec"]["template"]
    for container in (*pod["spec"]["initContainers"], *pod["spec"]["containers"]):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert {mount["name"] for mount in container["volumeMounts"]} == {
            volume["name"] for volume in pod["spec"]["volumes"]
        }
    claim = pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert claim == documents["PersistentVolumeClaim"]["metadata"]["name"]
    chart = yaml.safe_load((DEPLOY / "helm" / "credserv" / "Chart.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (chart["apiVersion"], chart["appVersion"]) == ("v2", project["version"])


def test_each_service_of_the_chart_leads_to_its_own_pods() -> None:
    documents = rendered()
    pods = [one for one in documents if one["kind"] == "Deployment"]
    for service in (one for one in documents if one["kind"] == "Service"):
        chosen = service["spec"]["selector"].items()
        (its,) = [pod for pod in pods if chosen <= pod["spec"]["template"]["metadata"]["labels"].items()]
        assert its["metadata"]["name"] == service["metadata"]["name"]
        ports = {port["name"] for port in container_of(its)["ports"]}
        assert service["spec"]["ports"][0]["targetPort"] in ports


def test_all_processes_of_the_chart_count_rates_together() -> None:
    """In the redis that the chart makes, or in one that is there; the settings take the address."""
    own, several = rendered(), rendered("several")
    rates = named(own, "badges-rates")
    address = {one["name"]: one for one in container_of(named(own)["Deployment"])["env"]}
    url = address["CREDSERV_RATE_LIMIT_STORAGE_URL"]["value"]
    port = rates["Service"]["spec"]["ports"][0]["port"]
    assert url == f"redis://{rates['Service']['metadata']['name']}:{port}"
    assert container_of(rates["Deployment"])["securityContext"]["readOnlyRootFilesystem"] is True
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["rates"]
    assert container_of(rates["Deployment"])["command"] == compose["command"]
    assert named(several, "badges-rates") == {}
    deployment = named(several)["Deployment"]
    given = {one["name"]: one for one in container_of(deployment)["env"]}["CREDSERV_RATE_LIMIT_STORAGE_URL"]
    assert given["valueFrom"]["secretKeyRef"] == {"name": "our-redis", "key": "url"}
    assert deployment["spec"]["replicas"] == 3
    assert named(several)["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert "ReadWriteMany" in by_helm()["apart"], "several pods with a volume of one node are refused"


# --- what a release is made of ------------------------------------------------------------------


def test_the_bill_of_materials_is_the_lock(tmp_path: Path) -> None:
    """As `./dev sbom` calls it."""
    script = (ROOT / "dev").read_text()
    called = re.search(r"-m (cyclonedx_py requirements .*?) --output-file", script.replace("\\\n", ""))
    assert called is not None
    file = tmp_path / "sbom.json"
    subprocess.run(
        [sys.executable, "-m", *called[1].split(), "--output-file", str(file)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    told = json.loads(file.read_text())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert {one["name"]: one["version"] for one in told["components"]} == locked
    assert told["metadata"]["component"]["name"] == "credserv"


def test_security_txt_names_who_is_set(tmp_path: Path) -> None:
    """RFC 9116: a contact, an end within a year, lines that end in CRLF."""
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    service = make_service(url, tmp_path, starters=False, security_contact="security@academy.example")
    answer = service.client().get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.split("\r\n") == [
        "Contact: mailto:security@academy.example",
        "Expires: 2026-06-12T09:26:53Z",
        f"Canonical: {service.settings.public_url}/.well-known/security.txt",
        "Preferred-Languages: en",
        "",
    ]


def test_security_txt_is_not_there_where_nobody_is_set(sqlite_service: Service) -> None:
    answer = sqlite_service.client().get("/.well-known/security.txt")
    assert (answer.status_code, "names no contact" in answer.text) == (404, True)


# --- a service behind the proxy -----------------------------------------------------------------


# All mounts without the right to write, but that of the data folder, which is one of its own.
_READ_ONLY = """
mount --make-rprivate / && mount --bind "$1" "$1" || exit 9
for place in $(awk '{print $5}' /proc/self/mountinfo | sort -u); do
    case $place in "$1" | /proc* | /sys* | /dev | /dev/pts) continue ;; esac
    mount -o remount,bind,ro "$place" || exit 9
done
for place in / /tmp /dev/shm; do ! touch "$place/written" 2>&- || exit 9; done
shift
exec "$@"
"""


@contextmanager
def serving(folder: Path, port: int, *, within: Sequence[str] = ()) -> Iterator[None]:
    """`credserv serve` on IPv6, as the unit runs it: two web processes and the worker; systemd is told when
    it is ready, and when it stops. within: the command that runs it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CREDSERV_")}
    environ |= {"CREDSERV_HOST": "::1", "CREDSERV_PORT": str(port), "CREDSERV_LOG_FORMAT": "json"}
    environ |= {"CREDSERV_WEB_WORKERS": "2", "CREDSERV_TRUSTED_PROXIES": "1", "CREDSERV_WEB_THREADS": "2"}
    command = [*within, sys.executable, "-m", "credserv", "serve", "--data", str(folder)]
    place = f"@{folder}"[-100:] if within else str(folder / "notify")  # of the kernel, or a file
    environ["NOTIFY_SOCKET"] = place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, (folder / "log").open("wb") as log:
        told.bind(f"\0{place[1:]}" if within else place)
        told.settimeout(HANGS_AFTER)
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            ends = time.monotonic() + 4 * HANGS_AFTER
            while ask(port, "/readyz") != 200:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < ends, (folder / "log").read_text()
                time.sleep(0.2)
            assert told.recv(99) == b"READY=1"
            yield
            process.send_signal(signal.SIGTERM)
            assert process.wait(HANGS_AFTER) == 0
            assert told.recv(99) == b"STOPPING=1"
        finally:
            process.kill()
            process.wait()


def ask(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("::1", port, timeout=HANGS_AFTER)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@pytest.mark.skipif(not may_mount(), reason=HOW_TO_GET_IT)
def test_all_of_it_runs_where_nothing_but_the_data_folder_takes_writes(tmp_path: Path) -> None:
    folder, port = tmp_path / "data", free_port()
    assert main(["init", "--data", str(folder), "--public-url", "https://badges.example.org"]) == 0
    alone = ["unshare", "--mount", "sh", "-c", _READ_ONLY, "sh", str(folder)]
    badge = json.dumps({"credential": ALICE.sign(good(datetime.now(UTC)))})
    with serving(folder, port, within=alone):
        connection = http.client.HTTPConnection("::1", port, timeout=HANGS_AFTER)
        headers = {"Host": "badges.example.org", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/verify", badge, headers | {"X-Forwarded-Proto": "https"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        assert (answer.status, "verdict" in said) == (200, True), said
        assert (folder / "tmp").is_dir(), "temporary files are there, too"


@contextmanager
def nginx_before(
    upstream: str, port: int, folder: Path, *, within: str = "", around: str = ""
) -> Iterator[ssl.SSLContext]:
    """The site as it is in deploy/, with our ports and a certificate of ours. within: stands in it, too;
    around: beside it."""
    authority, certificate = make_certificate(folder, "badges.example.org", 1)
    site = (DEPLOY / "nginx.conf").read_text()
    for before, after in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;\n{within}"),
        ("listen [::]:443 ssl;", ""),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen [::]:80;", ""),
        ("server 127.0.0.1:8080;", f"server {upstream};"),
        ("/etc/ssl/badges.example.org.pem", str(certificate)),
        ("/etc/ssl/badges.example.org.key", str(certificate)),
    ):
        assert before in site
        site = site.replace(before, after)
    folders = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    as_we_are = "user root;\n" if os.geteuid() == 0 else ""  # else root's nginx reads no folder of ours
    conf.write_text(
        f"{as_we_are}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{folders}{around}{site}}}\n"
    )
    command = [str(NGINX), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(conf)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    process = subprocess.Popen(command)
    try:
        context = ssl.create_default_context(cafile=str(authority))
        context.check_hostname = False  # it is asked by its address
        yield context
    finally:
        process.terminate()
        process.wait()


def ask_proxy(
    port: int, context: ssl.SSLContext, path: str, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, str]:
    """Its answer, and the body."""
    ends = time.monotonic() + HANGS_AFTER
    while True:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=HANGS_AFTER)
        try:
            connection.request("GET", path, headers=headers)
        except ConnectionRefusedError:  # it has not begun
            connection.close()
            assert time.monotonic() < ends
            time.sleep(0.1)
            continue
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
        connection.close()
        return answer, said


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_behind_the_proxy_on_ipv6_with_figures_of_all_processes(tmp_path: Path) -> None:
    folder, port, outside = tmp_path / "data", free_port(), free_port()
    assert main(["init", "--data", str(folder), "--public-url", "https://badges.example.org"]) == 0
    with serving(folder, port), nginx_before(f"[::1]:{port}", outside, tmp_path) as context:

        def through(path: str, **headers: str) -> http.client.HTTPResponse:
            return ask_proxy(outside, context, path, {"Host": "badges.example.org", **headers})[0]

        first = through("/issuer", **{"X-Request-Id": REQUEST})
        assert first.status == 200
        named = first.headers["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f]{32}", named)
        assert named != REQUEST  # the proxy's word counts, not its visitor's
        assert through("/metrics").status == 404
        assert through("/wallet").headers["Strict-Transport-Security"] == f"max-age={365 * 86_400}"
        answered = 1 + sum(through("/issuer").status == 200 for _ in range(15))
        counts = list((folder / "counts").glob("counter_*.db"))
        assert len(counts) >= 3  # of two web processes and the worker
        connection = http.client.HTTPConnection("::1", port, timeout=HANGS_AFTER)
        asked = ("credserv_requests_total", (("method", "GET"), ("route", "/issuer"), ("status", "200")))
        for _ in range(4):  # whichever process answers, it tells of both
            connection.request("GET", "/metrics", headers={"Host": "localhost", "Connection": "close"})
            assert figures(connection.getresponse().read().decode())[asked] == answered
            connection.close()
        said = (folder / "log").read_text().splitlines()
        assert named in "\n".join(said)
    lines = [json.loads(line) for line in said if not line.startswith("Serving ")]
    assert all(line["event"] for line in lines)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_behind_the_proxy_below_a_path_of_another_site(tmp_path: Path) -> None:
    """With what deploy/ has for it; the rest of the site stays what it was."""
    url, outside = "https://hr.example.org/badges", free_port()
    with served(tmp_path, public_url=url) as service:
        found_organisation(
            service.settings, service.services.store, Founding("acme", "Acme"), actor="test", now=NOW
        )
        within = f"include {DEPLOY / 'nginx-path.conf'};"
        host = {"Host": "hr.example.org", "Accept": "text/html, application/json;q=0.9"}
        with nginx_before(f"127.0.0.1:{service.settings.port}", outside, tmp_path, within=within) as context:
            for path in ("/badges", "/badges/", "/badges/issuer", "/badges/o/acme/issuer"):
                answer, said = ask_proxy(outside, context, path, host)
                assert answer.status == 200, path
                assert re.findall(r'href="(/(?!badges/)[^"]*)"', said) == []
            for slug in ("", "/o/acme"):
                for name in ("openid-credential-issuer", "oauth-authorization-server"):
                    told = ask_proxy(outside, context, f"/.well-known/{name}/badges{slug}", host)[1]
                    assert (
                        json.loads(told).get("credential_issuer") or json.loads(told)["issuer"]
                    ) == url + slug
            document = json.loads(ask_proxy(outside, context, "/badges/did.json", host)[1])
            assert document["id"] == service.services.issuer.did == "did:web:hr.example.org:badges"
            assert ask_proxy(outside, context, "/badges/metrics", host)[0].status == 404
            answer, said = ask_proxy(outside, context, "/payroll", host)
            assert (answer.status, url in said) == (404, True)
            assert ask_proxy(outside, context, "/badgesmith", host)[0].status == 404


# --- behind Caddy -------------------------------------------------------------------------------

_OWN = """{
	admin off
	auto_https disable_redirects
	local_certs
	skip_install_trust
	default_sni badges.example.org
}
"""


def has_certificate(port: int, context: ssl.SSLContext) -> bool:
    """Caddy listens before its authority has signed one."""
    try:
        ask_proxy(port, context, "/", {"Host": "badges.example.org"})
    except ssl.SSLError:
        return False
    return True


@contextmanager
def caddy_before(upstream: str, port: int, folder: Path) -> Iterator[ssl.SSLContext]:
    """The file as it is in deploy/, with certificates of an authority of Caddy's own."""
    conf, authority = folder / "Caddyfile", folder / "caddy/pki/authorities/local/root.crt"
    conf.write_text(_OWN + (DEPLOY / "Caddyfile").read_text())
    site = {"SITE": f"https://badges.example.org:{port}", "UPSTREAM": upstream, "XDG_DATA_HOME": str(folder)}
    command = [str(Path(sys.executable).with_name("caddy")), "run", "--config", str(conf)]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | site | {"XDG_CONFIG_HOME": str(folder)}, stderr=log
        )
    try:
        ends = time.monotonic() + HANGS_AFTER
        while not authority.exists():
            assert process.poll() is None, (folder / "caddy.log").read_text()
            assert time.monotonic() < ends
            time.sleep(0.1)
        context = ssl.create_default_context(cafile=str(authority))
        context.check_hostname = False  # it is asked by its address
        while not has_certificate(port, context):
            assert time.monotonic() < ends
            time.sleep(0.1)
        yield context
    finally:
        process.terminate()
        process.wait()


def test_behind_caddy(tmp_path: Path) -> None:
    outside, host = free_port(), {"Host": "badges.example.org"}
    with (
        served(tmp_path, public_url="https://badges.example.org") as service,
        caddy_before(f"127.0.0.1:{service.settings.port}", outside, tmp_path) as context,
    ):
        answer, said = ask_proxy(outside, context, "/issuer", host | {"X-Request-Id": REQUEST})
        assert (answer.status, "Example Academy" in said) == (200, True)
        assert answer.headers["X-Request-Id"] != REQUEST  # the proxy's word counts, not its visitor's
        assert re.fullmatch(r"[0-9a-f-]{32,36}", answer.headers["X-Request-Id"])
        assert ask_proxy(outside, context, "/metrics", host)[0].status == 404
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        elsewhere = ask_proxy(outside, context, "/issuer", {"Host": "other.example.org"})[1]
        assert "Example Academy" not in elsewhere
