"""Achievements in the reader's language.

Each page that shows a translation also shows what was signed (`translated` and `signed_as` in
templates/_parts.html).
"""

from __future__ import annotations

from dataclasses import replace

from credserv.journeys.hold.wallet import Carried
from credserv.journeys.translations import achievement_shown_in, shown_in
from credserv.openbadges.display import CredentialDisplay
from credserv.records.achievements import AchievementVersion
from credserv.web.frame.context import services
from credserv.web.frame.languages import reading_languages


def for_reader(item: Carried) -> Carried:
    """Return a badge for the page's reader."""
    own = services().beside(item.organisation)
    return replace(item, display=shown_in(own, item.achievement, item.display, reading_languages()))


def achievement_for_reader(version: AchievementVersion) -> CredentialDisplay:
    return achievement_shown_in(services(), version, reading_languages())
