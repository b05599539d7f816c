"""Answers of SAML that were changed after a real identity provider (npm samlp) had signed them, or are not
for us: nobody is signed in by one."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

pytest.importorskip("onelogin.saml2", reason="python3-saml is not installed")
from lxml import etree

from credserv.exchange.saml import (
    IdentityProvider,
    ServiceProvider,
    build_question,
    parse_metadata,
    read_answer,
)
from credserv.ground.errors import InputError, UnauthenticatedError
from tests.testkit.bounds import HANGS_AFTER
from tests.testkit.saml import SamlIdp, make_key, packed, person, saml_idp, xml_of

OWN = ServiceProvider("https://b.example/console/saml/metadata", "https://b.example/console/saml/acs")
ASKED = "_4d1c9f"
NS = {
    "p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "d": "http://www.w3.org/2000/09/xmldsig#",
}
MIA = person("mia-1", "mia@example.org", "Mia Maker", "makers")


@pytest.fixture(scope="module")
def idp() -> Iterator[SamlIdp]:
    with saml_idp() as started:
        yield started


@pytest.fixture(scope="module")
def provider(idp: SamlIdp) -> IdentityProvider:
    return parse_metadata(idp.metadata())


def answered(idp: SamlIdp, provider: IdentityProvider, **options: Any) -> str:
    url = build_question(OWN, provider, ASKED, datetime.now(UTC))
    return idp.answer(url, MIA, **{"recipient": OWN.answers, "destination": OWN.answers, **options})


@pytest.fixture(scope="module")
def genuine(idp: SamlIdp, provider: IdentityProvider) -> str:
    return answered(idp, provider)


def refused(provider: IdentityProvider, answer: str, why: str = "did not sign you in") -> None:
    with pytest.raises(UnauthenticatedError, match=why):
        read_answer(OWN, provider, answer, ASKED)


def test_what_the_provider_says_is_read(genuine: str, provider: IdentityProvider) -> None:
    who = read_answer(OWN, provider, genuine, ASKED)
    assert (who.id, who.email, who.name) == ("mia-1", "mia@example.org", "Mia Maker")
    assert who.attributes["http://schemas.passportjs.com/groups"] == ("makers",)


# --- the signed assertion, moved about ---------------------------------------------------------------


def evil(assertion: Any, *, keep_id: bool = False, signature: bool = False) -> Any:
    made = copy.deepcopy(assertion)
    made.find(".//a:NameID", NS).text = "owner-1"
    if not keep_id:
        made.set("ID", "_evil")
    if not signature:
        made.remove(made.find("d:Signature", NS))
    return made


def before(root: Any, good: Any) -> None:
    good.addprevious(evil(good))


def after(root: Any, good: Any) -> None:
    good.addnext(evil(good))


def before_with_same_id(root: Any, good: Any) -> None:
    good.addprevious(evil(good, keep_id=True))


def around(root: Any, good: Any) -> None:
    wrapper = evil(good)
    good.addprevious(wrapper)
    wrapper.append(good)


def in_its_own_signature(root: Any, good: Any) -> None:
    wrapper = evil(good, signature=True)
    good.addprevious(wrapper)
    etree.SubElement(wrapper.find("d:Signature", NS), f"{{{NS['d']}}}Object").append(good)


def signature_taken_along(root: Any, good: Any) -> None:
    """The signature stands in the forged one, and refers to the good one within it."""
    wrapper, signature = evil(good), good.find("d:Signature", NS)
    good.addprevious(wrapper)
    wrapper.insert(1, signature)
    etree.SubElement(signature, f"{{{NS['d']}}}Object").append(good)


def in_extensions(root: Any, good: Any) -> None:
    forged = evil(good)
    extensions = etree.Element(f"{{{NS['p']}}}Extensions")
    root.find("a:Issuer", NS).addnext(extensions)
    good.addprevious(forged)
    extensions.append(good)


def in_status_detail(root: Any, good: Any) -> None:
    forged = evil(good)
    detail = etree.SubElement(root.find("p:Status", NS), f"{{{NS['p']}}}StatusDetail")
    good.addprevious(forged)
    detail.append(good)


def whole_answer_inside(root: Any, good: Any) -> None:
    kept = copy.deepcopy(root)
    root.set("ID", "_other")
    extensions = etree.Element(f"{{{NS['p']}}}Extensions")
    root.find("a:Issuer", NS).addnext(extensions)
    extensions.append(kept)
    root.replace(good, evil(good))


def without_signature(root: Any, good: Any) -> None:
    good.remove(good.find("d:Signature", NS))


def empty_reference(root: Any, good: Any) -> None:
    good.find(".//d:Reference", NS).set("URI", "")


def another_name(root: Any, good: Any) -> None:
    good.find(".//a:NameID", NS).text = "owner-1"


def another_group(root: Any, good: Any) -> None:
    good.findall(".//a:AttributeValue", NS)[-1].text = "owners"


def another_address(root: Any, good: Any) -> None:
    root.set("Destination", "https://b.example/console/saml/acs.evil")


def another_question(root: Any, good: Any) -> None:
    root.set("InResponseTo", "_other")


def no_question(root: Any, good: Any) -> None:
    del root.attrib["InResponseTo"]


def failed_there(root: Any, good: Any) -> None:
    code = root.find("p:Status/p:StatusCode", NS)
    code.set("Value", "urn:oasis:names:tc:SAML:2.0:status:Requester")


CHANGES: tuple[Callable[[Any, Any], None], ...] = (
    before,
    after,
    before_with_same_id,
    around,
    in_its_own_signature,
    signature_taken_along,
    in_extensions,
    in_status_detail,
    whole_answer_inside,
    without_signature,
    empty_reference,
    another_name,
    another_group,
    another_address,
    another_question,
    no_question,
    failed_there,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_attack_141_a_signed_assertion_that_was_moved_or_changed_signs_nobody_in(
    change: Callable[[Any, Any], None], genuine: str, provider: IdentityProvider
) -> None:
    root = etree.fromstring(xml_of(genuine).encode())
    change(root, root.find("a:Assertion", NS))
    refused(provider, packed(etree.tostring(root)))


def test_attack_141_nothing_but_a_repeat_comes_of_it_where_only_the_packing_differs(
    genuine: str, provider: IdentityProvider
) -> None:
    """What is changed above is what refuses, not that it was written anew."""
    again = packed(etree.tostring(etree.fromstring(xml_of(genuine).encode())))
    assert read_answer(OWN, provider, again, ASKED).id == "mia-1"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">mia-1<", ">mia-1<!-- -->.evil<"),
        (">mia-1<", "><!-- -->mia-1<"),
        (">mia@example.org<", ">mia@example.org<!---->.evil.example<"),
        (">mia-1<", "><?x?>mia-1<"),
        ("<samlp:Response", '<!DOCTYPE r [<!ENTITY a "owner-1">]><samlp:Response'),
        (
            "<samlp:Response",
            '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
            "<samlp:Response",
        ),
        ("<samlp:Response", '<!DOCTYPE r SYSTEM "file:///etc/passwd"><samlp:Response'),
    ],
    ids=["comment", "comment first", "in the address", "instruction", "entity", "bomb", "file"],
)
def test_attack_141_comments_and_declarations_sign_nobody_in(
    old: str, new: str, genuine: str, provider: IdentityProvider
) -> None:
    xml = xml_of(genuine)
    assert old in xml
    refused(provider, packed(xml.replace(old, new, 1)), "comments or declarations")
    utf16 = f'<?xml version="1.0" encoding="UTF-16"?>{xml.replace(old, new, 1)}'.encode("utf-16")
    refused(provider, packed(utf16))


def test_attack_141_metadata_with_a_dtd_or_of_several_is_not_taken(idp: SamlIdp) -> None:
    good = idp.metadata().decode()
    several = (
        f'<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">{good}{good}</EntitiesDescriptor>'
    )
    http = good.replace("https://idp.example/sso", "http://idp.example/sso")
    bare = re.sub(r"<KeyDescriptor.*?</KeyDescriptor>", "", good, flags=re.DOTALL)
    for xml, why in (
        (f'<!DOCTYPE r [<!ENTITY a "b">]>{good}', "no SAML metadata"),
        (several, "one identity provider"),
        ("<EntityDescriptor/>", "one identity provider"),
        ("no xml", "no SAML metadata"),
        (http, "no https address"),
        (bare, "no certificate"),
        (good + " " * 1_048_576, "larger than 1 MB"),
    ):
        with pytest.raises(InputError, match=why):
            parse_metadata(xml.encode())


# --- well signed, and not for us, not now, not by them ------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"audience": "https://other.example/metadata"},
        {"recipient": "https://b.example/console/saml/acs.evil"},
        {"recipient": "https://other.example/acs"},
        {"recipient": None},
        {"inResponseTo": "_other"},
        {"lifetimeInSeconds": -3_600},
        {"issuer": "https://other.example/idp"},
        {"signAssertion": False},
        {"signAssertion": False, "signResponse": True},
        {"signatureAlgorithm": "rsa-sha1", "digestAlgorithm": "sha1"},
        {"nameIdentifierFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
    ],
    ids=lambda options: " ".join(f"{name}={value}" for name, value in options.items()),
)
def test_attack_142_what_is_signed_for_others_or_too_weakly_signs_nobody_in(
    options: dict[str, Any], idp: SamlIdp, provider: IdentityProvider
) -> None:
    refused(provider, answered(idp, provider, **options))


def test_attack_142_another_key_under_the_same_name_signs_nobody_in(
    idp: SamlIdp, provider: IdentityProvider
) -> None:
    other = make_key()
    refused(provider, answered(idp, provider, key=other.key, cert=other.cert), "ignature")
    refused(provider, answered(idp, provider, key=other.key), "ignature")  # named by the right certificate


@pytest.mark.parametrize("answer", ["", "!!!", "AAAA", packed("<a/>"), packed("<a"), "A" * 300_000])
def test_attack_142_what_is_no_answer_is_told_in_one_line(answer: str, provider: IdentityProvider) -> None:
    refused(provider, answer)


EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
ENDLESS = f'<Transform Algorithm="{XPATH}"><XPath>count(//*[count(//*)&gt;0])&gt;0</XPath></Transform>'


@pytest.mark.parametrize(
    "transforms",
    [
        ENDLESS,
        f'<Transform Algorithm="{XSLT}"/>',
        f'<Transform Algorithm="{EXCLUSIVE}"/>' * 900,
        f'<Transform Algorithm="{EXCLUSIVE}"><InclusiveNamespaces xmlns="{EXCLUSIVE}" '
        f'PrefixList="{" ".join(f"a{number}" for number in range(3_000))}"/></Transform>',
    ],
    ids=["xpath", "xslt", "many", "prefixes"],
)
def test_attack_163_a_signature_that_takes_as_long_as_its_author_likes(
    transforms: str, genuine: str, provider: IdentityProvider
) -> None:
    """The signature need not hold: what it is over is computed first."""
    names = f'<Transforms xmlns="{NS["d"]}">{transforms}</Transforms>'
    changed, count = re.subn(
        r"<(?:\w+:)?Transforms>.*?</(?:\w+:)?Transforms>", names, xml_of(genuine), flags=re.S
    )
    assert count == 1
    long = changed.replace("Mia Maker", "Mia Maker" + "<a/>" * 20_000)
    began = time.process_time()
    refused(provider, packed(long), "SAML does not foresee")
    assert time.process_time() - began < HANGS_AFTER


def test_attack_163_many_references_of_one_signature(genuine: str, provider: IdentityProvider) -> None:
    text = xml_of(genuine)
    reference = re.search(r"<(?:\w+:)?Reference .*?</(?:\w+:)?Reference>", text, re.S)
    assert reference is not None
    refused(provider, packed(text.replace(reference[0], reference[0] * 200)), "SAML does not foresee")


def test_without_the_package_the_extra_is_named(
    genuine: str, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "onelogin.saml2.response", None)
    with pytest.raises(InputError, match=r"pip install 'credserv\[saml\]'"):
        read_answer(OWN, provider, genuine, ASKED)
