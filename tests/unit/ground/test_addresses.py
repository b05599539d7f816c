"""One rule for each kind of web address."""

from __future__ import annotations

import pytest

from credserv.ground.addresses import (
    host_of,
    is_domain_name,
    is_host_name,
    is_https,
    is_https_page,
    is_link,
    is_loopback,
    is_web_address,
    is_web_page,
    normal_address,
)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_what_never_leaves_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "example.org", "localhost.example", "0.0.0.0", "10.0.0.1", "2130706433"]
)
def test_what_may_leave_it(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["localhost", "a.example", "xn--bcher-kva.example", "a-b.c"])
def test_host_names(host: str) -> None:
    assert is_host_name(host)


@pytest.mark.parametrize(
    "host", ["", "a.", ".a", "-a.example", "a_b.example", "1.2.3.4", "0x7f.1", "A.example"]
)
def test_what_is_no_host_name(host: str) -> None:
    assert not is_host_name(host)


def test_domain_names_have_two_labels() -> None:
    assert is_domain_name("a.example")
    assert not is_domain_name("localhost")
    assert not is_domain_name("a.b")


@pytest.mark.parametrize(
    "url", ["https://a.example", "http://a.example:8080/x?y#z", "https://bücher.example/ä"]
)
def test_what_may_be_shown_as_a_link(url: str) -> None:
    assert is_web_page(url)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "ftp://a.example",
        "https://",
        "https:///x",
        "https://u@a.example/",
        "https://a.example/x y",
        "https://a.example/\u202e",
        'https://a.example/"onclick',
        "https://a.example:99999/",
        "https://[::1",
        "https://a.example/" + "x" * 3_000,
    ],
)
def test_what_is_never_a_link(url: object) -> None:
    assert not is_web_page(url)


def test_hosts_are_read_and_never_an_accident() -> None:
    assert host_of("https://A.example:8080/x") == "a.example"
    assert host_of("https://[::1") == host_of("nothing") == ""


@pytest.mark.parametrize(
    ("address", "https", "web", "page", "link"),
    [
        ("https://a.example/x?y#z", True, True, True, True),
        ("HTTPS://a.example", True, True, True, False),
        ("http://a.example", False, True, False, True),
        ("https://pat@a.example", True, True, False, True),
        ("https://a.example/ x", True, True, False, False),
        ("https:///x", False, False, False, True),
        ("https:", False, False, False, False),
        ("did:web:a.example", False, False, False, False),
        ("urn:uuid:1", False, False, False, False),
        ("file:///etc/passwd", False, False, False, False),
        ("ftp://a.example", False, False, False, False),
        ("a.example", False, False, False, False),
        ("https://a.example:99999", False, False, False, True),
        ("", False, False, False, False),
    ],
)
def test_what_counts_as_a_web_address(address: str, https: bool, web: bool, page: bool, link: bool) -> None:
    assert (is_https(address), is_web_address(address)) == (https, web)
    assert (is_https_page(address), is_link(address)) == (page, link)


def test_only_text_is_a_page() -> None:
    assert not is_https_page(None)
    assert not is_https_page(7)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://Badges.Example:443/", "https://badges.example"),
        ("HTTPS://badges.example", "https://badges.example"),
        ("http://localhost:80/a/", "http://localhost/a"),
        ("http://localhost:443", "http://localhost:443"),
        ("https://badges.example:8443/A/b//", "https://badges.example:8443/A/b"),
        ("https://[2001:0DB8::0007]:443", "https://[2001:db8::7]"),
        ("https://[v1.a:b]", ""),
        ("https://badges.example:x", ""),
        ("badges.example", ""),
    ],
)
def test_an_address_has_one_form(written: str, normal: str) -> None:
    assert normal_address(written) == normal
