"""Who makes previews of links: messengers and networks, before or in place of a person.

They get the title and the picture, never the person, and count for nothing (attack W9). Who calls itself one
falsely gets no more than they do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Response, request

from credserv.journeys.hold.certificates import card
from credserv.journeys.hold.wallet import Carried, Face
from credserv.web.frame.context import services

# No cache shows a card again without asking whether it is still shared (attack 116).
ASK_EACH_TIME = "public, no-cache"

# LinkedInBot, Slackbot, Twitterbot, Discordbot, TelegramBot, Googlebot, bingbot, Applebot and the like call
# themselves bots; the others are named.
_NAMES = re.compile(
    r"bot\b|bot/|crawl|spider|preview|externalhit|facebookcatalog|whatsapp|skypeuri|slack-imgproxy|embedly|"
    r"iframely|mattermost|rocket\.chat|mastodon|zulip|viber|snapchat|pinterest",
    re.IGNORECASE,
)


def is_preview() -> bool:
    return _NAMES.search(request.headers.get("User-Agent", "")) is not None


def card_response(faces: Sequence[Face], pictured: Carried | None) -> Response:
    return png_response(card(services(), faces, pictured))


def png_response(png: bytes) -> Response:
    """With its ETag; 304 where the caller has it already."""
    response = Response(png, mimetype="image/png")
    response.add_etag()
    response.make_conditional(request)
    return response
