"""What readers are shown of an achievement: in their language, where its organisation gave a translation."""

from __future__ import annotations

from collections.abc import Sequence

from credserv.journeys.services import Services
from credserv.openbadges.display import CredentialDisplay, achievement_display
from credserv.openbadges.translations import Translation, in_language
from credserv.records.achievements import AchievementVersion


def translations_of(services: Services, version: AchievementVersion) -> tuple[Translation, ...]:
    """By language. services: of the organisation whose achievement it is."""
    return services.store.translations.of(version.key, version.version)


def shown_in(
    services: Services, version: AchievementVersion, display: CredentialDisplay, wanted: Sequence[str]
) -> CredentialDisplay:
    """What a credential of that version says, for somebody who reads these languages (tags of BCP 47, best
    first). Where it is a translation, `signed` has the words that were signed, to be shown with it."""
    return in_language(display, version.achievement, translations_of(services, version), wanted)


def achievement_shown_in(
    services: Services, version: AchievementVersion, wanted: Sequence[str]
) -> CredentialDisplay:
    """Likewise of the achievement by itself."""
    return shown_in(services, version, achievement_display(version.achievement), wanted)
