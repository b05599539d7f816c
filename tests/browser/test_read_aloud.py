"""Pages as a screen reader gets them: what is told first, under which headings, how the buttons are called.

Each text holds the parts that matter, in their order; what else a page has may stand between them.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.tour import ALL

_STOPS = {stop.name: stop for stop in ALL}
_BESIDE = """\
  - complementary "Check it and keep it":
    - region "Scan to check":
      - heading "Scan to check" [level=2]
      - 'link "QR code: the address of this page"'
    - region "Is it this person’s?":
      - heading "Is it this person’s?" [level=2]
      - textbox "Enter the e-mail address that they gave you."
      - button "Compare"
    - region "Who stands behind it":
      - heading "Who stands behind it" [level=2]
    - region "Keep a copy":
      - heading "Keep a copy" [level=2]
"""
READ = {
    "credential": """
- main:
  - 'article "Mentor Accreditation: Foundation"':
    - 'img "Badge: Mentor Accreditation: Foundation"'
    - paragraph: Mentor accreditation
    - 'heading "Mentor Accreditation: Foundation" [level=1]'
    - paragraph:
      - text: Awarded to
      - link "the person whose address you can check here"
      - text: by
      - link "Example Academy"
    - region /Genuine and in force. issued by Example Academy on .*/:
      - heading /Genuine and in force/ [level=2]
      - button "See every check"
    - term: Valid until
  - region "What its holder can do":
    - heading "What its holder can do" [level=2]
"""
    + _BESIDE,
    "credential-revoked": """
- main:
  - article "Constructive Feedback":
    - region /Genuine, but revoked by its issuer on .*/:
      - paragraph: Revoked
      - heading /Genuine, but revoked by its issuer on/ [level=2]
    - 'img "Badge: Constructive Feedback"'
    - heading "Constructive Feedback" [level=1]
    - paragraph:
      - strong: "What to do now:"
    - button "See every check"
"""
    + _BESIDE,
    "verify-expired": """
- main:
  - region /Genuine, expired on .*/:
    - heading /Genuine, expired on/ [level=1]
    - paragraph:
      - strong: "What to do now:"
  - article "What the credential says":
    - heading "What the credential says" [level=2]
    - term: Name
    - term: Issuer
  - region "What was checked":
    - heading "What was checked" [level=2]
    - list:
      - listitem:
        - heading "Signature" [level=3]
        - text: Passed
      - listitem:
        - heading "Dates" [level=3]
        - text: Failed
  - region "Keep this result":
    - button "Data (JSON)"
    - button "Table (CSV)"
""",
    "verify": """
- main:
  - heading "Verify a credential" [level=1]
  - button "A file"
  - textbox "Or a link"
  - textbox "Or its text"
  - group: Is it about a certain person?
  - button "Verify"
  - paragraph:
    - link "Ask somebody for their badges"
""",
    "wallet-credential": """
- main:
  - paragraph:
    - link "All my credentials"
  - 'article "Mentor Accreditation: Foundation"':
    - 'heading "Mentor Accreditation: Foundation" [level=1]'
    - text: Valid
  - region "Take it into a wallet app":
    - button "Make a QR code"
  - region "Show it to someone":
    - heading "Show it to someone" [level=2]
    - textbox "A note for yourself (optional)"
    - button "Make a link"
  - region "Take it with you":
    - paragraph:
      - link "Certificate, PDF"
      - link "Signed JSON"
  - region "Its public page":
    - button "Switch the page off"
""",
    "console-issue": """
- main:
  - heading "Issue a badge" [level=1]
  - combobox "Achievement"
  - textbox "E-mail address of the recipient"
  - textbox "Name (optional)"
  - button "Issue"
""",
}


@pytest.mark.parametrize("name", READ)
def test_page_is_read_in_order(visit: Visit, name: str) -> None:
    _STOPS[name].arrive(visit)
    expect(visit.page.locator("main")).to_match_aria_snapshot(READ[name])
