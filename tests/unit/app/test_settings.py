"""Settings: defaults, secrets by value or file, and one clear line for each bad one (attack 139)."""

from __future__ import annotations

from pathlib import Path

import pytest

from credserv.app.remembered import is_same
from credserv.app.settings import Settings
from credserv.ground.addresses import is_loopback
from credserv.ground.errors import SettingsError

SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"
MINIMAL = {"CREDSERV_SECRET_KEY": SECRET, "CREDSERV_KEY_PASSPHRASE": "a passphrase of some length"}


def settings(**changed: str) -> Settings:
    return Settings.from_env({**MINIMAL, **{f"CREDSERV_{name}": value for name, value in changed.items()}})


def test_two_secrets_are_all_that_is_needed() -> None:
    made = settings()
    assert made.public_url == "http://localhost:8080"
    assert made.database_url == f"sqlite:///{Path('data').absolute() / 'credserv.sqlite'}"
    assert made.jobs_database_url.endswith("jobs.sqlite")
    assert made.schemas_dir.is_dir()
    assert made.secret_key == SECRET.encode()
    assert not made.https


def test_jobs_live_in_postgresql_where_the_store_does() -> None:
    url = "postgresql://u:p@db/credserv"
    assert settings(DATABASE_URL=url).jobs_database_url == url


def test_a_secret_comes_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    environ = {**MINIMAL, "CREDSERV_SECRET_KEY_FILE": str(file)}
    del environ["CREDSERV_SECRET_KEY"]
    assert Settings.from_env(environ).secret_key == SECRET.encode()


def test_attack_78_secrets_never_show_in_repr() -> None:
    made = settings(
        DATABASE_URL="postgresql://u:hunter2secret@db/x",
        SMTP_URL="smtp://u:mailpass@m:25",
        MAIL_FROM="badges@example.org",
        METRICS_TOKEN="Dm5x0mA7q2hKpVb9",
        PKCS11_PIN="4711-0815",
    )
    shown = repr(made)
    passwords = ("hunter2secret", "mailpass", "Dm5x0mA7q2hKpVb9", "4711-0815")
    for secret in (SECRET, "a passphrase of some length", *passwords):
        assert secret not in shown


@pytest.mark.parametrize("missing", ["CREDSERV_SECRET_KEY", "CREDSERV_KEY_PASSPHRASE"])
def test_attack_139_a_missing_secret_refuses_to_start(missing: str) -> None:
    environ = {name: value for name, value in MINIMAL.items() if name != missing}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    assert missing in caught.value.detail
    assert f"{missing}_FILE" in caught.value.detail
    assert "\n" not in caught.value.detail


BAD = [
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "a" * 64),
    ("KEY_PASSPHRASE", "changeme"),
    ("PUBLIC_URL", "http://badges.example.org"),
    ("PUBLIC_URL", "http://10.0.0.7:8080"),
    ("PUBLIC_URL", "badges.example.org"),
    ("PUBLIC_URL", "ftp://badges.example.org"),
    ("PUBLIC_URL", "https://badges.example.org/Path"),
    ("PUBLIC_URL", "https://badges.example.org/a//b"),
    ("PUBLIC_URL", "https://badges.example.org/a/../b"),
    ("PUBLIC_URL", "https://badges.example.org/a?b"),
    ("PUBLIC_URL", "https://badges.example.org/a#b"),
    ("PUBLIC_URL", "https://badges.example.org/a%2fb"),
    ("PUBLIC_URL", "https:///badges"),
    ("PUBLIC_URL", "https://badges.example.org?x"),
    ("PUBLIC_URL", "https://user@badges.example.org"),
    ("PUBLIC_URL", "https://badges.example.org:99999"),
    ("PUBLIC_URL", "https://badges..example.org"),
    ("PUBLIC_URL", "https://[::1"),
    ("PUBLIC_URL", "https://bad_ges.example.org"),
    ("PORT", "0"),
    ("PORT", "70000"),
    ("PORT", "eighty"),
    ("PORT", "-1"),
    ("DATABASE_URL", "mysql://db/x"),
    ("DATABASE_URL", "credserv.sqlite"),
    ("SMTP_URL", "mail.example.org"),
    ("SMTP_URL", "http://mail.example.org"),
    ("SMTP_URL", "smtp://mail.example.org:notaport"),
    ("MAIL_FROM", "nobody"),
    ("MAIL_FROM", "a@b.example\nBcc: c@d.example"),
    ("ISSUER_EMAIL", "a b@example.org"),
    ("ISSUER_URL", "javascript:alert(1)"),
    ("ISSUER_NAME", "two\nlines"),
    ("CLOCK_SKEW_SECONDS", "1e9"),
    ("MAX_DOCUMENT_BYTES", "1"),
    ("RATE_VERIFY", "often"),
    ("RATE_LIMIT_STORAGE_URL", "file:///etc/passwd"),
    ("TRUSTED_PROXIES", "99"),
    ("SCHEMAS_DIR", "/nowhere/at/all"),
    ("KEEP_RESULTS_DAYS", "31"),
    ("SECURITY_CONTACT", "http://academy.example/security"),
    ("LOG_FORMAT", "xml"),
    ("METRICS_TOKEN", "short"),
    ("TRACES_URL", "collector:4318"),
    ("PKCS11_MODULE", "/nowhere/at/all.so"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_attack_139_a_bad_setting_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(**{name: value})
    assert caught.value.detail.startswith(f"CREDSERV_{name} ")
    assert "\n" not in caught.value.detail
    assert len(caught.value.detail) > len(f"CREDSERV_{name} ") + 20


def test_a_secret_is_not_echoed_when_it_is_refused() -> None:
    with pytest.raises(SettingsError) as caught:
        settings(DATABASE_URL="mysql://root:hunter2secret@db/x")
    assert "hunter2secret" not in caught.value.detail


def test_value_and_file_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="both set"):
        settings(SECRET_KEY_FILE=str(tmp_path / "secret"))


def test_an_unreadable_secret_file_is_named(tmp_path: Path) -> None:
    environ = {"CREDSERV_SECRET_KEY_FILE": str(tmp_path / "none"), "CREDSERV_KEY_PASSPHRASE": "0123456789ab"}
    with pytest.raises(SettingsError, match="CREDSERV_SECRET_KEY_FILE names"):
        Settings.from_env(environ)


def test_mail_needs_a_sender() -> None:
    with pytest.raises(SettingsError, match="CREDSERV_MAIL_FROM is not set"):
        settings(SMTP_URL="smtp://mail.example.org:25")


@pytest.mark.parametrize(
    "url",
    [
        "https://badges.example.org",
        "https://Badges.Example.org/",
        "https://badges.example.org:8443",
        "http://127.0.0.1:9000",
        "http://[::1]:9000",
        "http://demo.localhost:81",
        "https://[2001:db8::7]:8443",
        "https://HR.example.org/badges/",
        "https://hr.example.org/tools/badges-2",
    ],
)
def test_good_origins(url: str) -> None:
    assert settings(PUBLIC_URL=url).public_url == url.rstrip("/").lower()


@pytest.mark.parametrize(
    "url", ["https://hr.example.org:443", "HTTPS://HR.example.org:443/", "https://hr.example.org"]
)
def test_the_port_that_the_scheme_implies_is_left_out(url: str) -> None:
    """A browser leaves it out of a passkey's origin and out of Host."""
    assert settings(PUBLIC_URL=url).public_url == "https://hr.example.org"
    assert settings(PUBLIC_URL="http://localhost:80").public_url == "http://localhost"
    assert settings(PUBLIC_URL="http://localhost:443").public_url == "http://localhost:443"
    assert is_same("PUBLIC_URL", url, "https://hr.example.org")
    assert not is_same("PUBLIC_URL", "https://hr.example.org:444", "https://hr.example.org")


def test_an_ipv6_address_is_kept_in_its_one_form() -> None:
    """RFC 5952: as browsers write it in what they send."""
    assert settings(PUBLIC_URL="https://[2001:0DB8:0:0::0007]:8443/a").public_url == (
        "https://[2001:db8::7]:8443/a"
    )


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.example.org", False),
        ("0.0.0.0", False),
    ],
)
def test_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_the_test_issuer_is_off_unless_asked_for() -> None:
    assert not settings().test_issuer
    assert settings(TEST_ISSUER="1").test_issuer
    assert settings(TEST_ISSUER="1", PUBLIC_URL="https://localhost:8443", HOST="::1").test_issuer
    assert settings(TEST_ISSUER="1").rate_verify == "60000/minute"
    assert settings(TEST_ISSUER="1", RATE_VERIFY="5/minute").rate_verify == "5/minute"


@pytest.mark.parametrize(
    "changed",
    [
        {"HOST": "0.0.0.0"},
        {"HOST": "192.0.2.1"},
        {"HOST": "badges.example.org"},
        {"PUBLIC_URL": "https://badges.example.org"},
        {"PUBLIC_URL": "https://192.0.2.1"},
        {"WEB_WORKERS": "2"},
    ],
)
def test_the_test_issuer_refuses_to_be_reached_by_others(changed: dict[str, str]) -> None:
    settings(**changed)
    with pytest.raises(SettingsError, match=r"\ACREDSERV_TEST_ISSUER is 1 and [^\n]+\Z"):
        settings(TEST_ISSUER="1", **changed)


def test_certificate_and_key_come_together(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.touch()
    key.touch()
    made = settings(TLS_CERT=str(certificate), TLS_KEY=str(key))
    assert (made.tls_cert, made.tls_key) == (certificate, key)
    assert settings().tls_cert is None
    for changed in ({"TLS_CERT": str(certificate)}, {"TLS_CERT": str(certificate), "TLS_KEY": str(tmp_path)}):
        with pytest.raises(SettingsError, match="CREDSERV_TLS_KEY is no file"):
            settings(**changed)


def test_a_flag_is_one_or_nought() -> None:
    with pytest.raises(SettingsError, match="CREDSERV_TEST_ISSUER is 'maybe': give 1 or 0"):
        settings(TEST_ISSUER="maybe")
