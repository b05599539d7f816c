from datetime import UTC, datetime, timedelta

import pytest

from credserv.ground.errors import InputError
from credserv.ground.validity import Period, Validity, parse_validity

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = datetime(2027, 3, 1, 12, tzinfo=UTC)
DATED = {"validFrom": "2026-03-01T12:00:00Z", "validUntil": "2027-03-01T13:00:00+01:00"}
MICRO = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("now", "period"),
    [
        (BEGIN - timedelta(seconds=60) - MICRO, Period.NOT_YET_VALID),
        (BEGIN - timedelta(seconds=60), Period.VALID),
        (BEGIN, Period.VALID),
        (END - MICRO, Period.VALID),
        (END, Period.EXPIRED),
        (END + timedelta(days=9), Period.EXPIRED),
    ],
)
def test_one_rule_at_every_instant(now: datetime, period: Period) -> None:
    assert parse_validity(DATED).period(now, clock_skew_seconds=60) is period


@pytest.mark.parametrize("name", ["validFrom", "issuanceDate", "validUntil", "expirationDate"])
def test_a_date_that_is_null_is_none(name: str) -> None:
    assert parse_validity({name: None}) == Validity(None, None)
    others = {"issuanceDate": DATED["validFrom"], "expirationDate": DATED["validUntil"]}
    assert parse_validity({"validFrom": None, "validUntil": None} | others) == Validity(BEGIN, END)


def test_a_document_without_dates_has_no_bounds() -> None:
    assert parse_validity({}).period(datetime.min.replace(tzinfo=UTC)) is Period.VALID


def test_the_names_of_the_data_model_1_1_mean_the_same() -> None:
    old = {"issuanceDate": DATED["validFrom"], "expirationDate": DATED["validUntil"]}
    assert parse_validity(old) == parse_validity(DATED)
    assert parse_validity({**DATED, **old}) == parse_validity(DATED)


@pytest.mark.parametrize(
    "document",
    [
        {"validFrom": "2026-03-01"},
        {"validFrom": "2026-03-01T12:00"},
        {"validFrom": 1740000000},
        {"validUntil": ["2026-03-01T12:00:00Z"]},
        {"validUntil": "2026-02-30T12:00:00Z"},
        {"validFrom": "2026-03-01T12:00:00Z", "issuanceDate": "2025-03-01T12:00:00Z"},
        {"validFrom": "2027-03-01T12:00:00Z", "validUntil": "2026-03-01T12:00:00Z"},
    ],
)
def test_dates_that_cannot_be_understood_one_way_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(InputError):
        parse_validity(document)


@pytest.mark.parametrize("contexts", [V1, [V1], [V1, "https://other.example"]])
def test_of_two_dates_of_data_model_1_1_the_stricter_one_counts(contexts: object) -> None:
    early, late = "2025-03-01T12:00:00Z", "2028-03-01T12:00:00Z"
    for first, second in ((early, DATED["validFrom"]), (DATED["validFrom"], early)):
        dated = {"@context": contexts, "validFrom": first, "issuanceDate": second}
        assert parse_validity(dated) == Validity(BEGIN, None)
    for first, second in ((late, DATED["validUntil"]), (DATED["validUntil"], late)):
        dated = {"@context": contexts, "validUntil": first, "expirationDate": second}
        assert parse_validity(dated) == Validity(None, END)
    for other in ([V2, V1], V2, None, {}):
        with pytest.raises(InputError, match="disagree"):
            parse_validity({"@context": other, "validFrom": early, "issuanceDate": DATED["validFrom"]})


def test_a_date_may_lack_its_zone_and_then_is_in_utc() -> None:
    old = {"issuanceDate": "2026-03-01T12:00:00", "expirationDate": "2027-03-01T12:00:00.000"}
    assert parse_validity(old) == Validity(BEGIN, END)
    new = {"validFrom": old["issuanceDate"], "validUntil": old["expirationDate"]}
    assert parse_validity(new) == Validity(BEGIN, END)
    for name, text in (
        ("validFrom", "2026-03-01T12:00"),
        ("issuanceDate", "2026-03-01"),
        ("issuanceDate", "2026-03-01T12:00"),
        ("expirationDate", "2026-02-30T12:00:00"),
        ("expirationDate", "2026-03-01T12:00:00."),
    ):
        with pytest.raises(InputError):
            parse_validity({name: text})


def test_the_extremes_of_the_calendar_do_not_overflow() -> None:
    widest = parse_validity({"validFrom": "0001-01-01T00:00:00Z", "validUntil": "9999-12-31T23:59:59Z"})
    assert widest.period(datetime.min.replace(tzinfo=UTC), clock_skew_seconds=300) is Period.VALID
    assert widest.period(datetime.max.replace(tzinfo=UTC), clock_skew_seconds=300) is Period.EXPIRED
