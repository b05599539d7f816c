"""Who makes previews of links: messengers and networks, before or in place of a person.

They get the title and the picture, never the person, and count for nothing (attack W9). Who calls itself one
falsely gets no more than they do.
"""

from __future__ import annotations

import re

from flask import request

# LinkedInBot, Slackbot, Twitterbot, Discordbot, TelegramBot, Googlebot, bingbot, Applebot and the like call
# themselves bots; the others are named.
_NAMES = re.compile(
    r"bot\b|bot/|crawl|spider|preview|externalhit|facebookcatalog|whatsapp|skypeuri|slack-imgproxy|embedly|"
    r"iframely|mattermost|rocket\.chat|mastodon|zulip|viber|snapchat|pinterest",
    re.IGNORECASE,
)


def is_preview() -> bool:
    return _NAMES.search(request.headers.get("User-Agent", "")) is not None
