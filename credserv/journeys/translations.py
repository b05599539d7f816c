"""Show an achievement in the reader's language, if its organisation provided a translation."""

from __future__ import annotations

from collections.abc import Sequence

from credserv.journeys.services import Services
from credserv.openbadges.display import CredentialDisplay, achievement_display
from credserv.openbadges.translations import Translation, in_language
from credserv.records.achievements import AchievementVersion


def translations_of(services: Services, version: AchievementVersion) -> tuple[Translation, ...]:
    """Return a version's translations by language.

    Args:
        services: Of the organisation that owns the achievement.
    """
    return services.store.translations.of(version.key, version.version)


def shown_in(
    services: Services, version: AchievementVersion, display: CredentialDisplay, wanted: Sequence[str]
) -> CredentialDisplay:
    """Return what a credential of this version says in the reader's language.

    If that is a translation, `signed` has the words that were signed, to show with it.

    Args:
        wanted: BCP 47 tags, best first.
    """
    return in_language(display, version.achievement, translations_of(services, version), wanted)


def achievement_shown_in(
    services: Services, version: AchievementVersion, wanted: Sequence[str]
) -> CredentialDisplay:
    """Return the achievement alone in the reader's language."""
    return shown_in(services, version, achievement_display(version.achievement), wanted)
