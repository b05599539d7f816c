"""Clients that preview links: messengers and networks, before or instead of a person.

They get the title and the picture, never the person, and are not counted (attack W9). A client that pretends
to be one gets no more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Response, request

from credserv.journeys.hold.certificates import card
from credserv.journeys.hold.wallet import Carried, Face
from credserv.web.frame.context import services

# No cache shows a card again without checking that it is still shared (attack 116).
ASK_EACH_TIME = "public, no-cache"

# LinkedInBot, Slackbot, Twitterbot, Discordbot, TelegramBot, Googlebot, bingbot, Applebot and the like have
# "bot" in their names; the others are listed.
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
    """Return it with its ETag; 304 where the client already has it."""
    response = Response(png, mimetype="image/png")
    response.add_etag()
    response.make_conditional(request)
    return response
