"""Months and weekdays as exports in English, German, French and Spanish write them.

No word means two months or two days in these languages, so nobody has to state a file's language.
"""

from __future__ import annotations

from collections.abc import Mapping

_MONTHS = (
    ("january", "jan", "januar", "janvier", "janv", "enero", "ene"),
    ("february", "feb", "februar", "février", "févr", "fév", "febrero"),
    ("march", "mar", "märz", "mär", "mrz", "mars", "marzo"),
    ("april", "apr", "avril", "avr", "abril", "abr"),
    ("may", "mai", "mayo"),
    ("june", "jun", "juni", "juin", "junio"),
    ("july", "jul", "juli", "juillet", "juil", "julio"),
    ("august", "aug", "août", "agosto", "ago"),
    ("september", "sep", "sept", "septembre", "septiembre"),
    ("october", "oct", "oktober", "okt", "octobre", "octubre"),
    ("november", "nov", "novembre", "noviembre"),
    ("december", "dec", "dezember", "dez", "décembre", "déc", "diciembre", "dic"),
)
_DAYS = (
    ("monday", "mon", "montag", "lundi", "lunes"),
    ("tuesday", "tue", "dienstag", "mardi", "martes"),
    ("wednesday", "wed", "mittwoch", "mercredi", "miércoles"),
    ("thursday", "thu", "donnerstag", "jeudi", "jueves"),
    ("friday", "fri", "freitag", "vendredi", "viernes"),
    ("saturday", "sat", "samstag", "samedi", "sábado"),
    ("sunday", "sun", "sonntag", "dimanche", "domingo"),
)
MONTHS: Mapping[str, int] = {word: number for number, words in enumerate(_MONTHS, 1) for word in words}
WEEKDAYS: Mapping[str, int] = {word: number for number, words in enumerate(_DAYS) for word in words}
