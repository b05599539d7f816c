"""Whether an address is one of ours: below the public address, by whatever spelling."""

import pytest

from credserv.ground.own_addresses import is_under

BELOW = "https://hr.example.org/badges"


@pytest.mark.parametrize(
    "address",
    [
        "https://hr.example.org/badges",
        "https://hr.example.org/badges/credentials/x",
        "HTTPS://HR.example.org:443/badges/credentials/x",
        "https://hr.example.org/%62adges/credentials/x",
        "https://hr.example.org//badges/credentials/x",
        "https://hr.example.org/x/../badges/credentials/x",
        "https://hr.example.org/x/%2e%2e/badges/credentials/x",
    ],
)
def test_what_leads_below_is_ours(address: str) -> None:
    assert is_under(BELOW, address)
    assert is_under("https://hr.example.org", address)


@pytest.mark.parametrize(
    "address",
    [
        "https://hr.example.org/",
        "https://hr.example.org/badgesmith/credentials/x",
        "https://hr.example.org/badges/../payroll",
        "https://hr.example.org:8443/badges/credentials/x",
        "https://badges.example.org/badges/credentials/x",
        "ftp://hr.example.org/badges/credentials/x",
        "https://[hr.example.org/badges/credentials/x",
        "urn:uuid:1",
    ],
)
def test_what_leads_elsewhere_is_not(address: str) -> None:
    assert not is_under(BELOW, address)


def test_an_ipv6_host_is_read_whatever_its_spelling() -> None:
    assert is_under("https://[2001:db8::7]", "https://[2001:DB8::7]:443/credentials/x")
    assert is_under("https://[2001:db8::7]", "https://[2001:0db8:0:0::0007]/credentials/x")
    assert not is_under("https://[2001:db8::7]", "https://[2001:db8::8]/credentials/x")
    assert not is_under("https://[2001:db8::7]", "https://[v1.x]/credentials/x")
