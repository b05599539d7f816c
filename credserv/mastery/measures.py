"""Scores as exact numbers. A missing number is None, and nothing is rounded, except down for display."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

from credserv.mastery.rule import Measure, Scale
from credserv.records.observations import Observation

_MAX_DIGITS = 60  # no score has more digits, and arithmetic on a billion digits never ends


@dataclass(frozen=True)
class Score:
    """A score.

    Attributes:
        low: Its minimum, if the sender stated it or the measure has one.
        high: Its maximum, if the sender stated it or the measure has one.
    """

    value: Fraction
    low: Fraction | None = None
    high: Fraction | None = None

    @property
    def is_odd(self) -> bool:
        """Return whether it is outside its own bounds."""
        return (self.low is not None and self.value < self.low) or self.is_above

    @property
    def is_above(self) -> bool:
        return self.high is not None and self.value > self.high

    def capped(self) -> Score:
        """Reduce what is above the maximum to the maximum; what is below the minimum stays odd."""
        return self if self.high is None or not self.is_above else replace(self, value=self.high)

    def is_on_scale_of(self, other: Score) -> bool:
        """Return whether a difference of the two means anything."""
        return None not in (self.low, self.high) and (self.low, self.high) == (other.low, other.high)


def read_score(seen: Observation, of: Measure) -> Score | None:
    """Return a score; None if the observation does not state it.

    If no scaled score was sent, it is derived from raw, min and max, provided that all are there and max is
    above min.
    """
    raw, low, high = _exact(seen.raw), _exact(seen.min), _exact(seen.max)
    if high is not None and high <= (low or 0):
        low, high, raw = None, None, None  # a score out of 0 is no score
    if of is Measure.RAW:
        return None if raw is None else Score(raw, low, high)
    scaled = _exact(seen.scaled)
    if scaled is not None:
        return Score(scaled, Fraction(-1), Fraction(1))  # xAPI 1.0.3, 4.1.5.1
    if seen.scaled is not None or raw is None or low is None or high is None:
        return None
    return Score((raw - low) / (high - low), Fraction(0), Fraction(1))


def read_level(seen: Observation, scale: Scale) -> int | None:
    """Return the level's place in the scale; None if the observation states
    none, or one that the scale lacks.
    """
    return None if seen.level is None else scale.rank(seen.level)


def read_plain_number(text: str) -> Fraction | None:
    """Return a level that is a number in the sender's words."""
    text = text.strip()
    if len(text) > _MAX_DIGITS or not text.removeprefix("-").replace(".", "", 1).isdecimal():
        return None
    return Fraction(text) if text.isascii() else None


def write_number(value: Fraction, *, decimals: int = 4) -> str:
    """Write a number, cut and not rounded up, without an exponent or trailing zeros."""
    with localcontext() as context:
        context.prec, context.rounding = 4 * _MAX_DIGITS, ROUND_FLOOR
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        written = f"{exact.quantize(Decimal(1).scaleb(-decimals)):f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _exact(number: Decimal | None) -> Fraction | None:
    if number is None or not number.is_finite():
        return None
    _, digits, exponent = number.as_tuple()
    is_sane = len(digits) <= _MAX_DIGITS and abs(int(exponent)) <= _MAX_DIGITS
    return Fraction(number) if is_sane else None
