"""Run typst in a process of its own, which `typeset.py` starts.

Reads one JSON object from standard input: `form`, `words` (by name, always text to typst and never markup)
and `files` (base64 by name). Writes one: `made`, base64. Nothing is fetched. Exits with code 0, with 1 for
what cannot be set, or by a signal when a system limit is reached.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import typst

_MAX_SECONDS = 10.0  # of CPU time
_MAX_MEMORY_BYTES = 2 * 1_073_741_824
_BEHIND_THE_SERVICE = 5
_WORDS = """#let w = sys.inputs
#set text(lang: "en", font: "Libertinus Serif", fill: rgb("#1a2330"))
#let band(height) = if w.accent != "" { rect(width: 100%, height: height, fill: rgb(w.accent)) }
"""
_CERTIFICATE = (
    _WORDS
    + """#set text(lang: w.language)
#set document(title: w.title, author: w.issuer,
  date: datetime(year: int(w.year), month: int(w.month), day: int(w.day)))
#set page(paper: "a4", flipped: true, margin: 22mm, background: place(top, band(3mm)))
#if w.logo != "" { image(w.logo, height: 14mm, alt: w.issuer) }
#grid(columns: (62mm, 1fr), gutter: 14mm,
  image("badge.png", width: 62mm, alt: w.title),
  [
    #text(size: 13pt, fill: rgb("#525e6e"), w.heading)
    #v(-4mm)
    #heading(level: 1, text(size: 27pt, w.title))
    #if w.signed != "" { text(size: 11pt, w.signed) }
    #if w.recipient != "" [#text(size: 16pt, strong(w.recipient)) #linebreak()]
    #text(size: 13pt, w.awarded)
    #v(2mm)
    #text(size: 11pt, w.description)
  ])
#v(1fr)
#grid(columns: (28mm, 1fr), gutter: 8mm, align: horizon,
  image("qr.svg", width: 28mm, alt: "QR: " + w.address),
  text(size: 10pt)[#w.genuine #linebreak() #link(w.address)])
#if w.imprint != "" { text(size: 8pt, fill: rgb("#525e6e"), w.imprint) }
#pdf.attach(w.file, relationship: "source", mime-type: w.kind, description: "The signed credential")
"""
)
_CARD = (
    _WORDS
    + """#set page(width: 1200pt, height: 630pt, margin: 70pt, fill: rgb("#f5f6f8"),
  background: place(top, band(16pt)))
#align(horizon, grid(columns: (auto, 1fr), gutter: 60pt, align: horizon,
  if w.pictured != "" { image("badge.png", width: 330pt) },
  [
    #let size = if w.title.len() > 60 { 42pt } else { 58pt }
    #par(leading: 0.3em, text(size: size, top-edge: "ascender", strong(w.title)))
    #text(size: 32pt, fill: rgb("#525e6e"), w.issuer)
    #if w.logo != "" { block(image(w.logo, height: 64pt)) }
    #if w.word != "" [#linebreak()#text(size: 34pt, fill: rgb("#9a1b1e"), strong(w.word))]
  ]))
"""
)
_CV = (
    _WORDS
    + """#let told = json("told.json")
#set document(title: told.name, author: told.name,
  date: datetime(year: int(w.year), month: int(w.month), day: int(w.day)))
#set page(paper: "a4", margin: (x: 24mm, y: 22mm))
#set text(size: 10.5pt)
#show heading.where(level: 2): it => block(above: 7mm, below: 3mm, text(size: 13pt, it.body))
#let lines(entries) = for one in entries {
  block(below: 3.2mm, breakable: false)[
    #strong(one.title) #linebreak()
    #one.by #if one.when != "" [#linebreak() #text(size: 9.5pt, fill: rgb("#525e6e"), one.when)]
  ]
}
#heading(level: 1, text(size: 24pt, told.name))
#if told.email != "" [#told.email]
#if told.jobs.len() > 0 [
  == Employment
  #lines(told.jobs)
]
#if told.badges.len() > 0 [
  == Badges and certificates
  #lines(told.badges)
]
#if told.skills.len() > 0 [
  == Skills
  #told.skills.join(", ")
]
#v(1fr)
#text(size: 9pt, fill: rgb("#525e6e"))[Each entry comes from a signed credential, which was checked on
  #told.checked. The signed credentials are in the file cv.json that is attached to this PDF: whoever has it
  can check each, and paper proves nothing.]
#pdf.attach("cv.json", relationship: "source", mime-type: "application/json",
  description: "The CV as data (LER-RS), with the signed credentials")
"""
)
# Without this machine's fonts, so that the same letters are the same outlines everywhere. The first outline
# stands for letters missing in the font.
_LETTERS = """#set page(width: auto, height: auto, margin: 0pt, fill: none)
#set text(font: "Libertinus Serif", weight: "bold", size: 40pt, fallback: false, ligatures: false,
  top-edge: "cap-height", bottom-edge: "baseline")
#place("\\u{10fffd}")
#sys.inputs.text
"""
_PICTURE = """#set page(width: 450pt, height: 450pt, margin: 0pt, fill: none)
#image("picture.svg", width: 450pt, height: 450pt, fit: "contain")
"""
_PAGES = {"certificate": _CERTIFICATE, "card": _CARD, "cv": _CV, "letters": _LETTERS, "picture": _PICTURE}
_PIXELS = {"card": 72, "picture": 96}  # per inch, for a PNG


def make(form: str, words: dict[str, str], folder: Path) -> bytes:
    page = folder / "page.typ"
    page.write_text(_PAGES[form])
    if form in _PIXELS:
        return typst.compile(page, root=folder, format="png", ppi=_PIXELS[form], sys_inputs=words)
    if form == "letters":
        return typst.compile(page, root=folder, format="svg", sys_inputs=words)
    try:
        return typst.compile(page, root=folder, format="pdf", sys_inputs=words, pdf_standards="a-3a")
    except typst.TypstError:  # PDF/A requires a glyph for every character of a name
        return typst.compile(page, root=folder, format="pdf", sys_inputs=words)


def main() -> int:
    given = json.loads(sys.stdin.buffer.read())
    os.nice(_BEHIND_THE_SERVICE)
    with suppress(ValueError, OSError):  # without this limit on the system, the clock remains
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    signal.setitimer(signal.ITIMER_PROF, _MAX_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in given["files"].items():
            (Path(folder) / name).write_bytes(base64.b64decode(content))
        try:
            made = make(given["form"], given["words"], Path(folder))
        except typst.TypstError:
            return 1
    sys.stdout.write(json.dumps({"made": base64.b64encode(made).decode()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
