"""docs/operator.md followed from its top to its end, each command as it stands there, on one installation.

What the page says to replace, or what belongs to another machine (a folder, a host, a port), is replaced by
the table of the section; nothing else is. A command that is neither followed nor said to run elsewhere fails.
"""

from __future__ import annotations

import http.client as by_http
import json
import re
import shutil
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from AntiSSRF import AntiSSRFPolicy, PolicyConfigOptions

from credserv.app import services
from credserv.app.schemas import default_schemas_dir
from credserv.fetch.guarded import FetchLimits, GuardedFetcher
from credserv.ground.errors import InputError
from credserv.jobs.client import DbosJobs
from credserv.jobs.execution import JobWorker
from credserv.journeys.define.achievements import load_default_image
from credserv.sources.webhook import sign_webhook
from tests.test_docs import blocks
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.following import ROOT, Machine, read_page
from tests.testkit.forked import Forked
from tests.testkit.https_host import http, https_host, make_certificate
from tests.testkit.jobworker import FAST
from tests.testkit.processes import free_port
from tests.testkit.redis_server import redis_server
from tests.testkit.softhsm import init_token

PAGE = ROOT / "docs" / "operator.md"
HOST = "badges.example.org"
PASSPHRASE = "a passphrase for a copy"
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")  # where the page says that it lies

# What this machine has no part for, or what a sentence only names, by section: and where it is run.
ELSEWHERE = {
    "Begin": {"./dev credserv": "how the service is called in a checkout"},
    "Files to copy": {
        "credserv serve --without-worker": "it is serve and worker, each of which is run here",
        "credserv worker": "below, in The worker apart",
    },
    "Below a path of another site": {"./dev sbom FILE": "tests/journeys/operate/test_deploy.py"},
    "Rates that processes share": {
        "pip install 'credserv[redis]'": "nothing is installed by tests; it is there, and used by them"
    },
    "A clock that jumps": {
        "systemctl restart credserv": "there is no systemd; tests/journeys/operate/test_deploy.py"
    },
    "Traces": {
        "pip install 'credserv[traces]'": "nothing is installed by tests; it is there, and used by them"
    },
    "Figures": {"credserv serve": "it runs since Begin"},
    "A sandbox": {"credserv source take": "tests/journeys/connect/test_dialects.py"},
    "Keys": {
        "credserv bulk reissue": "tests/journeys/accredit/test_key_withdrawn.py, as the two below",
        "credserv programme sign-again": "there",
        "credserv keys signed": "there",
        "credserv keys sign-again": "there",
    },
    "Keys in hardware": {
        "pip install 'credserv[pkcs11]'": "nothing is installed by tests; it is there, and used by them",
        "credserv doctor": "tests/journeys/sign/test_keys_in_hardware.py, with the token away",
    },
    "Keys in AWS KMS": {
        "pip install 'credserv[aws]'": "nothing is installed by tests; it is there, and used by them",
        "credserv doctor": "tests/journeys/sign/test_keys_in_aws.py, with KMS away",
        "aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256": "there is no cloud here",
        "credserv keys import arn:aws:kms:eu-central-1:111122223333:key/"
        "1234abcd-12ab-34cd-56ef-1234567890ab --replace --data /srv/credserv": (
            "tests/journeys/sign/test_keys_in_aws.py, against a server that speaks as KMS does"
        ),
    },
    "Colleagues by SAML": {
        "pip install 'credserv[saml]'": "nothing is installed by tests; it is there, and used by them"
    },
}

_CEREMONY = """
from pathlib import Path
from credserv.ground.encoding import KeyType
from credserv.proof.keys.pkcs11_signer import Hardware, create_token_key
token = Hardware(Path("/usr/lib/softhsm/libsofthsm2.so"), "issuer", "4711-0815")
create_token_key(token, "ceremony-2026", KeyType.P256)
"""

_METADATA = """<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
<X509Certificate>CERTIFICATE</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>"""


class Operator(Machine):
    """The machine with what the operator learns on the way. badge: the id of one; secret: of its source."""

    served: Forked
    port: int
    badge: str
    request: str
    secret: str

    @property
    def data(self) -> Path:
        return Path(self.written["/srv/credserv"])

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """What the service answers to the world, as a proxy asks for it."""
        connection = by_http.HTTPConnection("127.0.0.1", self.port, timeout=HANGS_AFTER)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, {"Host": HOST, "X-Forwarded-Proto": "https", **named})
            answer = connection.getresponse()
            self.request = answer.headers.get("X-Request-Id", "")
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + 2 * HANGS_AFTER
        while not is_so():
            assert time.monotonic() < end, (self.folder / "log").read_text()
            time.sleep(0.2)

    def is_ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    @contextmanager
    def with_copy(self, name: str) -> Iterator[None]:
        """The same installation as it is now, in another place: what is done there is not done here."""
        there, before = self.folder / name, self.written
        shutil.copytree(self.data, there, ignore=shutil.ignore_patterns("*.sock"))
        self.written = {**before, "/srv/credserv": str(there)}
        environ = self.environ
        self.environ = {**environ, "CREDSERV_DATA_DIR": str(there)}
        try:
            yield
        finally:
            self.written, self.environ = before, environ
            shutil.rmtree(there)


SECTIONS: dict[str, Callable[[Operator], None]] = {}


def section(title: str) -> Callable[[Callable[[Operator], None]], Callable[[Operator], None]]:
    def keep(follow: Callable[[Operator], None]) -> Callable[[Operator], None]:
        SECTIONS[title] = follow
        return follow

    return keep


@section("Begin")
def begin(at: Operator) -> None:
    line = f'credserv init --data /srv/credserv --public-url https://{HOST} --name "Example Academy"'
    said = at.follow(line)
    assert f"Issuer did:web:{HOST}" in said
    before = (at.data / "credserv.env").read_bytes()
    at.run(line)
    at.run(line.replace(HOST, "other.example.org"), code=1)
    assert (at.data / "credserv.env").read_bytes() == before
    at.port = free_port()
    more = {"CREDSERV_PORT": str(at.port), "CREDSERV_TRUSTED_PROXIES": "1", "CREDSERV_WEB_THREADS": "2"}
    at.served = at.start("credserv serve --data /srv/credserv", at.folder / "log", **more)
    at.environ |= {"CREDSERV_DATA_DIR": str(at.data), "CREDSERV_TRUSTED_PROXIES": "1"}
    has_badge(at)
    said = at.follow('credserv console-link --data /srv/credserv --owner you@example.org --name "Your Name"')
    at.until(at.is_ready)
    opened = said.strip().removeprefix(f"https://{HOST}")
    assert at.ask("GET", opened)[0] == 200


def has_badge(at: Operator) -> None:
    """An achievement and a source, as the pages for administrators and learning systems have them."""
    definition = blocks(ROOT / "docs" / "administrator.md", "json")[0]
    mapping, event, *_ = blocks(ROOT / "docs" / "lms.md", "json")
    (at.folder / "active-listening.json").write_text(definition)
    (at.folder / "active-listening.png").write_bytes(load_default_image(default_schemas_dir()).png)
    (at.folder / "mapping.json").write_text(mapping)
    (at.folder / "event.json").write_text(event)
    at.run("credserv schema load active-listening.json")
    said = at.run("credserv source create campus --mapping mapping.json")
    at.secret = re.findall(r"whsec_\S+", said)[0]


@section("Settings")
def settings(at: Operator) -> None:
    assert "CREDSERV_SECRET_KEY" in at.follow("credserv settings list")
    assert "CREDSERV_RATE_API" in at.follow("credserv settings list RATE")
    assert "Example Academy" in at.follow("credserv settings show --data /srv/credserv")
    at.follow("credserv settings set WEB_WORKERS 4 --data /srv/credserv")
    assert "WEB_WORKERS" in at.run("credserv settings show --data /srv/credserv")
    at.run("credserv settings set WEB_WORKERS many --data /srv/credserv", code=1)
    at.follow("credserv settings unset WEB_WORKERS --data /srv/credserv")
    assert "WEB_WORKERS" not in at.run("credserv settings show --data /srv/credserv")
    with at.with_copy("moved"):
        at.follow("credserv settings set PUBLIC_URL https://new.example.org")
        assert "https://new.example.org" in at.run("credserv settings show")


@section("When something is wrong")
def wrong(at: Operator) -> None:
    """Nobody reaches the host of this page, which is all that is wrong here."""
    said = at.follow("credserv doctor --data /srv/credserv", code=1)
    assert set(re.findall(r"FAULT  ([a-z-]+)", said)) == {"tls", "public-url", "did-document"}
    at.written["NAME"] = "campus"
    at.follow("credserv source pause NAME")
    assert "disabled" in at.run("credserv source list")
    at.follow("credserv source resume NAME")
    del at.written["NAME"]
    assert "0 could not be" in at.follow("credserv lists publish")


@section("Rates that processes share")
def rates(at: Operator) -> None:
    with redis_server(at.folder) as url:
        at.written["redis://127.0.0.1:6379"] = url
        at.follow("credserv settings set RATE_LIMIT_STORAGE_URL redis://127.0.0.1:6379")
        said = json.loads(at.follow("credserv doctor", "--json", code=1))
    (rates,) = [one for one in said["findings"] if one["name"] == "rate-limits"]
    assert rates["ok"] is True
    at.run("credserv settings unset RATE_LIMIT_STORAGE_URL")


@section("The log")
def log(at: Operator) -> None:
    """An event is sent, and found again by the id of its request."""
    event, now = (at.folder / "event.json").read_bytes(), int(datetime.now(UTC).timestamp())
    headers = {"webhook_id": "evt_1", "webhook_timestamp": str(now), "Content_Type": "application/json"}
    signature = sign_webhook(at.secret, "evt_1", now, event)
    status, said = at.ask("POST", "/hooks/campus", event, **headers, webhook_signature=signature)
    assert status == 201, said
    at.badge = json.loads(said)["credential"].rpartition("/")[2]
    at.written |= {
        "journalctl -u credserv": f"cat {at.folder / 'log'}",
        "0af7651916cd43dd8448eb211c80319c": at.request,
    }
    assert "path=/hooks" in at.shell("journalctl -u credserv | grep 0af7651916cd43dd8448eb211c80319c")


@section("Lists of trusted issuers")
def lists(at: Operator) -> None:
    assert "REFRESHED" in at.follow("credserv trust list")
    at.follow("credserv trust refresh")


@section("Trust anchors")
def anchors(at: Operator) -> None:
    make_certificate(at.folder, "authority", 1)[0].rename(at.folder / "authority.pem")
    at.follow("credserv anchors add authority.pem --for https://issuer.example/tenant")
    said = at.follow("credserv anchors list")
    assert "https://issuer.example/tenant" in said
    at.written["SHA256"] = re.findall(r"\b[0-9a-f]{64}\b", said)[0]
    at.follow("credserv anchors remove SHA256")
    assert at.written.pop("SHA256") not in at.run("credserv anchors list")


@section("Organisations")
def organisations(at: Operator) -> None:
    at.follow(
        'credserv organisation create acme --name "Acme Guild" --email badges@acme.example'
        " --data /srv/credserv"
    )
    said = at.follow("credserv console-link --organisation acme --data /srv/credserv")
    assert said.startswith(f"https://{HOST}/o/acme/console/open/")
    acme = ("--organisation", "acme")
    at.follow("credserv organisation set-address", "https://badges.acme.example", *acme)
    assert "https://badges.acme.example" in at.follow("credserv organisation show", *acme)
    at.run("credserv organisation set-address", *acme)
    at.follow("credserv organisation calendar", "--time-zone", "Europe/Vienna", *acme)
    at.follow("credserv organisation rename", "Acme", *acme)
    at.follow("credserv organisation close", *acme, typed=("y",))
    assert re.search(r"acme .*closed", at.follow("credserv organisation list"))
    at.follow("credserv organisation reopen", *acme)


@section("A sandbox")
def sandbox(at: Operator) -> None:
    said = at.follow(
        'credserv organisation create playground --name "Acme Guild" --sandbox --data /srv/credserv'
    )
    assert "(sandbox)" in said
    at.run("credserv source create lms --organisation playground")
    said = at.follow(
        "credserv source replay lms --from main/campus --since 2026-11-01 --organisation playground"
        " --data /srv/credserv"
    )
    assert re.search(r"\b1\b", said), said
    at.follow("credserv organisation reset --organisation playground", typed=("y",))


@section("Move an organisation")
def move(at: Operator) -> None:
    new, twice = at.folder / "second", (PASSPHRASE, PASSPHRASE)
    at.written |= {"/srv/old": str(at.data), "/srv/new": str(new)}
    at.environ["CREDSERV_DATA_DIR"] = str(new)
    at.follow("credserv init --empty", "--public-url", f"https://{HOST}")
    at.environ["CREDSERV_DATA_DIR"] = str(at.data)
    line = "credserv organisation export acme --to acme.credserv --close --data /srv/old"
    at.follow(line, typed=twice)
    at.follow("credserv organisation reopen --organisation acme --never-imported")
    (at.folder / "acme.credserv").unlink()
    at.run(line, typed=twice)
    said = at.follow("credserv organisation import acme.credserv --data /srv/new", typed=(PASSPHRASE, "y"))
    assert f"Here: acme, at https://{HOST}/o/acme" in said
    at.run("credserv keys rotate --organisation acme --data /srv/new")
    at.run("credserv keys rotate --organisation acme --data /srv/old", code=1)
    del at.written["/srv/new"]


@section("Keys")
def keys(at: Operator) -> None:
    assert "active" in at.follow("credserv keys list --data /srv/credserv")
    at.follow("credserv keys rotate --data /srv/credserv")
    assert re.search(r"^pending", at.run("credserv keys list"), re.MULTILINE)


@section("A DID with a history")
def history(at: Operator) -> None:
    said = at.follow("credserv did create --data /srv/credserv")
    assert "did:webvh:" in said
    assert "did:webvh:" in at.follow("credserv did show --data /srv/credserv")
    assert at.ask("GET", "/.well-known/did.jsonl")[0] == 200


@section("A ceremony")
def ceremony(at: Operator) -> None:
    said = at.follow("credserv keys create --pending")
    fingerprint = re.findall(r"SHA256:[0-9a-f]{64}", said)[0]
    assert fingerprint in at.run("credserv keys list")


@section("The brake")
def brake(at: Operator) -> None:
    at.follow('credserv keys stop --reason "someone has the API key"')
    assert (at.data / "signing-stopped.json").exists()
    assert "someone has the API key" in at.follow("credserv doctor", code=1)
    at.follow("credserv keys resume")
    assert not (at.data / "signing-stopped.json").exists()


@section("Keys in hardware")
def hardware(at: Operator) -> None:
    """In a copy, and in another process: whoever has loaded the token's library keeps it."""
    lines = (
        "credserv settings set PKCS11_MODULE /usr/lib/softhsm/libsofthsm2.so --data /srv/credserv",
        "credserv keys token --data /srv/credserv",
        "credserv keys rotate --in-token issuer-2026 --data /srv/credserv",
        "credserv keys import ceremony-2026 --data /srv/credserv",
    )
    conf, pin = init_token(at.folder, "issuer", "4711-0815"), at.folder / "pin"
    pin.write_text("4711-0815\n")
    environ = {
        "SOFTHSM2_CONF": str(conf),
        "CREDSERV_PKCS11_TOKEN": "issuer",
        "CREDSERV_PKCS11_PIN_FILE": str(pin),
    }
    with at.with_copy("token"):
        environ["CREDSERV_DATA_DIR"] = str(at.written["/srv/credserv"])
        planned = re.findall(r"^pending .*(did:web:\S+)$", at.run("credserv keys list"), re.MULTILINE)
        for key in planned:  # of the sections before; one change of keys at a time
            at.run("credserv keys revoke --yes", key)
        said = at.follow_apart(*lines, first=_CEREMONY, **environ)
    assert said.count("It is published and signs from") == 2


@section("The audit trail")
def trail(at: Operator) -> None:
    listed = at.follow("credserv audit list --limit 20")
    assert 2 < len(listed.splitlines()) <= 21
    at.follow("credserv audit verify")
    at.written["POSITION:SHA256"] = at.follow("credserv audit head").strip()
    at.follow("credserv audit verify --head POSITION:SHA256")
    exported = [json.loads(line) for line in at.follow("credserv audit export").splitlines()]
    assert len(exported) > 5
    kept = at.written.pop("POSITION:SHA256")
    at.run(f"credserv audit verify --head {kept[:-4]}0000", code=1)


@section("The log of signatures")
def signatures(at: Operator) -> None:
    head = json.loads(at.follow("credserv log head --data /srv/credserv"))
    assert head["size"] > 0


@section("Back up")
def back_up(at: Operator) -> None:
    for name in ("backup", "etc/credserv", "other-disk"):
        (at.folder / name).mkdir(parents=True)
    at.written |= {name: str(at.folder / name[1:]) for name in ("/backup", "/etc/credserv", "/other-disk")}
    (at.folder / "etc/credserv/backup-passphrase").write_text(f"{PASSPHRASE}\n")
    said = at.follow(
        "credserv backup /backup/credserv-2026-11-26 --passphrase-file /etc/credserv/backup-passphrase"
        " --data /srv/credserv"
    )
    file = at.folder / "backup/credserv-2026-11-26"
    assert file.stat().st_mode & 0o777 == 0o600
    assert re.search(r"\b1\b.*verif|verif.*\b1\b", said), said
    at.follow("credserv lists merge")


@section("Restore")
def restore(at: Operator) -> None:
    said = at.run("credserv api-key create Status --scope credentials:status")
    key = re.findall(r"csk_\S+", said)[0]
    order = {
        "credentialId": f"https://{HOST}/credentials/{at.badge}",
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
        "status": True,
    }
    headers = {"Authorization": f"Bearer {key}", "Content_Type": "application/json"}
    status, said = at.ask("POST", "/credentials/status", json.dumps(order).encode(), **headers)
    assert status == 200, said
    assert "0 could not be" in at.run("credserv lists publish")
    shutil.copy(at.data / "status-journal.jsonl", at.folder / "other-disk")
    at.written["/srv/new"] = str(at.folder / "restored")
    line = "credserv restore /backup/credserv-2026-11-26 --data /srv/new"
    at.run(line, code=1)
    at.follow(f"{line} --journal /other-disk/status-journal.jsonl", typed=(PASSPHRASE,))
    restored = at.run(f"credserv replay {at.badge} --data /srv/new")
    assert "revoked" in restored, restored
    at.follow("credserv lists merge --data /srv/credserv")
    at.follow("credserv doctor", code=1)
    at.follow("credserv lists accept")


@section("Upgrade")
def upgrade(at: Operator) -> None:
    at.served.terminate()
    assert at.served.wait(HANGS_AFTER) == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", at.follow("credserv version"))
    at.follow(
        "credserv upgrade --backup /backup/before-upgrade --data /srv/credserv",
        typed=(PASSPHRASE, PASSPHRASE),
    )
    at.follow("credserv migrate")


@section("The worker apart")
def worker(at: Operator) -> None:
    """It is there once it runs. Then a job fails to the end, is shown, and is done after all."""
    process = at.start("credserv worker --data /srv/credserv", at.folder / "log")
    url = f"sqlite:///{at.data / 'jobs.sqlite'}"
    jobs = DbosJobs(url)
    at.until(lambda: jobs.living_workers() > 0)
    process.terminate()
    assert process.wait(HANGS_AFTER) == 0
    mended: list[str] = []

    def refresh(list_id: str) -> None:
        if not mended:
            raise InputError("the list is none")
        mended.append(list_id)

    failing = JobWorker(url, {"trusted-list": refresh}, pace=FAST)
    failing.start()
    try:
        jobs.enqueue("trusted-list", "7")
        at.until(lambda: bool(jobs.failed()))
        assert "the list is none" in at.follow("credserv jobs failed")
        at.written |= {"JOB": "trusted-list", "ID": "7"}
        mended.append("by the operator")
        at.follow("credserv jobs retry JOB ID")
        at.until(lambda: "7" in mended)
        del at.written["JOB"], at.written["ID"]
    finally:
        jobs.close()
        failing.stop()


@section("With an account at an employer")
def employer(at: Operator) -> None:
    """The provider's configuration is all that is asked for."""

    def configuration(connection: socket.socket, _head: bytes) -> None:
        issuer = host.url("").rstrip("/")
        told = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
        }
        connection.sendall(http(json.dumps(told).encode()))

    with https_host(at.folder, configuration) as host, pytest.MonkeyPatch.context() as patch:
        fetcher = GuardedFetcher(
            FetchLimits(ports=frozenset({host.port})),
            policy=AntiSSRFPolicy(PolicyConfigOptions.NONE),
            ca_file=host.ca_file,
        )
        patch.setattr(services, "build_services", partial(services.build_services, fetcher=fetcher))
        at.written |= {"ISSUER": host.url("").rstrip("/"), "CLIENT_ID": "wallet"}
        said = at.follow("credserv login set ISSUER CLIENT_ID", typed=("a secret of theirs",))
    assert f"https://{HOST}/wallet/employer/back" in said
    assert at.written["ISSUER"] in at.follow("credserv login show")
    with at.with_copy("ended"):
        at.follow("credserv login end")
        assert "There is none" in at.run("credserv login show")
    del at.written["ISSUER"], at.written["CLIENT_ID"]


@section("Colleagues by an account")
def colleagues(at: Operator) -> None:
    at.follow("credserv login staff", "--domain", "example.org")
    at.follow(
        "credserv login staff --domain example.org --groups-claim groups"
        ' --group "badge-makers=issuer" --group "badge-owners=owner"'
    )
    said = at.follow("credserv login show")
    assert "badge-makers = issuer" in said
    assert "badge-owners = owner" in said
    assert at.follow("credserv console-link").startswith(f"https://{HOST}/console/open/")
    at.follow("credserv login end-staff")
    assert "Colleagues sign in to the console" not in at.run("credserv login show")


@section("Colleagues by SAML")
def saml(at: Operator) -> None:
    authority = make_certificate(at.folder, "idp.example", 1)[0].read_text()
    certificate = "".join(authority.split("-----")[2].split())
    (at.folder / "idp-metadata.xml").write_text(_METADATA.replace("CERTIFICATE", certificate))
    said = at.follow("credserv login saml idp-metadata.xml")
    assert f"https://{HOST}/console/saml/acs" in said
    at.follow('credserv login staff --domain example.org --groups-claim groups --group "badge-makers=issuer"')
    assert "https://idp.example by SAML" in at.run("credserv login show")
    at.follow("credserv login end-saml")
    assert "SAML" not in at.run("credserv login show")


@section("People and groups by SCIM")
def scim(at: Operator) -> None:
    said = at.follow("credserv api-key create Directory --scope directory:write")
    assert re.search(r"^csk_", said)


@section("Letters")
def letters(at: Operator) -> None:
    mail = {"CREDSERV_SMTP_URL": "smtp://127.0.0.1:25", "CREDSERV_MAIL_FROM": f"badges@{HOST}"}
    at.environ |= mail
    said = at.follow("credserv letters queue --since 2026-11-01")
    assert re.search(r"\b\d\b", said), said


@section("Badges in wallet apps")
def offers(at: Operator) -> None:
    at.written["CREDENTIAL"] = at.badge
    at.follow("credserv offer CREDENTIAL", code=1)  # it was revoked
    del at.written["CREDENTIAL"]


@section("What is kept, and how long")
def kept(at: Operator) -> None:
    assert at.badge in at.follow("credserv replay", at.badge)
    assert "WOULD GO" in at.follow("credserv retention run --dry-run --data /srv/credserv")
    assert "WENT" in at.follow("credserv retention run --data /srv/credserv")
    assert "# Record of processing" in at.follow("credserv retention record --data /srv/credserv")


@section("Who asks by letter")
def asked(at: Operator) -> None:
    """Of the learner of the event."""
    learner = json.loads((at.folder / "event.json").read_text())["data"]["learner"]["email"]
    at.written |= {"ann@example.org": learner, "/srv/ann.zip": str(at.folder / "ann.zip")}
    assert "main" in at.follow("credserv people find ann@example.org --data /srv/credserv")
    at.follow("credserv people export ann@example.org --to /srv/ann.zip --data /srv/credserv")
    assert zipfile.ZipFile(at.folder / "ann.zip").namelist() == ["README.txt", "data.json", "consents.json"]
    said = at.follow("credserv people erase ann@example.org --data /srv/credserv", typed=("y",))
    assert "Kept, without them" in said
    at.run("credserv people find ann@example.org", code=1)


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    at = Operator(tmp_path, {}, {"/srv/credserv": str(tmp_path / "srv")})
    try:
        yield at
    finally:
        if hasattr(at, "served"):
            at.served.terminate()
            at.served.wait(HANGS_AFTER)


def test_the_page_is_followed_from_its_top_to_its_end(operator: Operator) -> None:
    parts = [part for part in read_page(PAGE) if SOFTHSM.is_file() or part.title != "Keys in hardware"]
    for part in parts:
        operator.followed.clear()
        if part.title in SECTIONS:
            SECTIONS[part.title](operator)
        run = list(dict.fromkeys(operator.followed))
        elsewhere = ELSEWHERE.get(part.title, {})
        assert [line for line in part.commands if line not in {*run, *elsewhere}] == [], (
            f"{part.title}: commands of the page that nobody follows"
        )
        assert [line for line in (*run, *elsewhere) if line not in part.commands] == [], (
            f"{part.title}: not as the page has it"
        )
    if not SOFTHSM.is_file():  # as the tests of keys in hardware do; `./dev test` gets it where it can
        pytest.skip("all but *Keys in hardware* was followed; for that, `apt-get install softhsm2`")
