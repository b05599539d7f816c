"""The page of an archive for people: opens in any browser from a disk, without scripts or a network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from credserv.exchange.archive import Packed
from credserv.ground.json_types import JsonObject
from credserv.journeys.check.reports.statement import minute
from credserv.records.organisations import OrganisationRecord

_STYLE = Markup(
    "body{font:1.05rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a2233;background:#fff}h1,h2{line-height:1.2}li{margin:0 0 1.2rem}.muted{color:#4b5568}"
    "a{color:#1d4f91}@media(prefers-color-scheme:dark){body{color:#e6e9ef;background:#12161f}"
    ".muted{color:#a9b2c3}a{color:#8ab4f0}}"
)
_PAGE = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>My credentials</title>
<style>{style}</style>
</head>
<body>
<h1>My credentials</h1>
<p>This archive was made on {made_at} by {maker}. It holds {count}, each exactly as it was issued, and what is
needed to check them later without asking anybody.</p>
<h2>What is in it</h2>
<ol>
{items}
</ol>
<h2>How to use it</h2>
<p>Show or send a single file from the folder <em>credentials</em>: whoever gets it can check it with any
software for Open Badges 3.0 or verifiable credentials. To move to another wallet, give it this whole zip
file, or the single files.</p>
<p>What is said above was true when the archive was made. Whether a credential still stands, only its issuer
can say. Where the issuer cannot be asked any more, <code>credserv archive check FILE</code> makes the same
checks again from this archive, and says for which day they speak.</p>
<p class="muted">Do not change the files: the archive is signed, and an altered one is refused. Keep it where
nobody else reads it, since it says who you are and what you can do.</p>
</body>
</html>
"""
)
_ITEM = Markup(
    '<li><strong><bdi>{name}</bdi></strong><br><span class="muted"><bdi>{issuer}</bdi></span><br>'
    'As of {made_at}: <bdi>{sentence}</bdi><br><a href="{file}">{file}</a></li>'
)


def write_page(
    packed: Sequence[Packed], reports: Sequence[JsonObject], *, maker: OrganisationRecord, made_at: datetime
) -> str:
    """Return the page. Every word of a credential is text, never markup."""
    items = [
        _ITEM.format(
            name=one.name or "Without a name",
            issuer=_issuer(report),
            made_at=minute(made_at),
            sentence=report["sentence"],
            file=one.file,
        )
        for one, report in zip(packed, reports, strict=True)
    ]
    count = "1 credential" if len(items) == 1 else f"{len(items)} credentials"
    name = str(maker.profile.get("name") or maker.did)
    return str(
        _PAGE.format(
            style=_STYLE, made_at=minute(made_at), maker=name, count=count, items=Markup("\n").join(items)
        )
    )


def _issuer(report: JsonObject) -> str:
    """Return the issuer as proven, otherwise by its own word."""
    issuer = report["issuer"]
    if issuer["name"]:
        return f"Issued by {issuer['name']}"
    claimed = issuer["claimed_name"]
    return f"By its own word from {claimed}" if claimed else "Names no issuer"
