"""Parsing of dates: numeric or with names of months, with times of day and time zones, cell by cell."""

from collections.abc import Iterable

import polars as pl

YEAR = r"(?:[12]\d{3}|9999)"
CLOCK = r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
HALF = r"\s*(?P<half>[ap]\.?m\.?)?"
ZONE = r"(?P<zone>(?:utc|gmt)?[+-]\d{1,2}(?::?\d{2})?|z|[a-z]{3,4})"
TIME = r"(?:(?:[t:]|,?\s+(?:(?:at|um|a)\s+)?)" + CLOCK + HALF + r"(?:\s?uhr|h)?\s*" + ZONE + "?)?$"
ORDINAL = r"(?:st|nd|rd|th|er|[oa]|\.)?"
MONTH = r"(?P<name>[a-z]{3,10})"
MONTH_AFTER_DAY, MONTH_BEFORE_DAY = (MONTH.replace("name", group) for group in ("after", "before"))
FULL_YEAR, ANY_YEAR = f"(?P<year>{YEAR})", rf"(?P<year>{YEAR}|\d{{2}})"
DAY, NUMBER = r"(?P<day>\d{1,2})", r"(?P<month>\d{1,2})"
BETWEEN = r"[-/.]\s?|\s"
PATTERNS = (
    rf"^{FULL_YEAR}(?P<separator>[-/.])\s?{NUMBER}(?P<same>[-/.])\s?{DAY}{TIME}",
    rf"^(?P<one>\d{{1,2}})(?P<separator>{BETWEEN})(?P<two>\d{{1,2}})(?P<same>{BETWEEN})(?P<three>{YEAR}|\d{{2}}){TIME}",
    rf"^{DAY}{ORDINAL}[\s/.,-]*(?:(?:of|de|di)\s+)?{MONTH_AFTER_DAY}[\s/.,'-]*(?:del?\s+)?{ANY_YEAR}{TIME}",
    rf"^{MONTH_BEFORE_DAY}[\s/.-]*{DAY}{ORDINAL}[\s/,-]+{ANY_YEAR}{TIME}",
    rf"^{MONTH}[\s/.,-]*(?:del?\s+)?{FULL_YEAR}$",
    rf"^{MONTH}\.?\s?[-']{ANY_YEAR}$",
    rf"^{FULL_YEAR}[\s/.,-]*{MONTH}(?:\.?[\s/.,-]*{DAY}{TIME}|\.?$)",
    rf"^{FULL_YEAR}-(?P<month>\d{{2}})$",
    r"^(?P<month>\d{1,2})[/-](?P<year>(?:19|20)\d{2})$",
    rf"^{FULL_YEAR}[\s/-]?q(?P<quarter>[1-4])$",
    rf"^q(?P<quarter>[1-4])[\s/-]?{FULL_YEAR}$",
)
GROUPS = (
    *("year", "month", "day", "name", "after", "before", "quarter", "one", "two", "three", "separator", "same"),
    *("hour", "minute", "second", "fraction", "half", "zone"),
)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar january jan janner janvier janv enero ene gennaio gen januari janeiro",
            "february februar february feb febr fevrier fevr fev febrero febbraio februari fevereiro",
            "march marz mar mrz mars marzo maart mrt marco",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio mag mei maio",
            "june juni jun juin junio giugno giu junho",
            "july juli jul juillet juil julio luglio lug julho",
            "august aug augustus aout agosto ago",
            "september sep sept septembre septiembre setiembre set settembre setembro",
            "october oktober oct okt octobre octubre ottobre ott outubro out",
            "november nov novembre noviembre novembro",
            "december dezember dec dez decembre diciembre dic dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
"""Months by name in English, German, French, Spanish, Italian, Dutch and Portuguese, without accents."""
WEEKDAYS = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    "|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so"
    "|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mer|jeu|ven|sam|dim"
    "|lunes|martes|miercoles|jueves|viernes|sabado|domingo|mie|jue|vie|sab|dom"
    "|lunedi|martedi|mercoledi|giovedi|venerdi|sabato|domenica|gio"
    "|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|ma|wo|vr|za|zo"
    "|(?:segunda|terca|quarta|quinta|sexta)(?:-feira)?|seg|ter|qua|qui|sex"
)
REWRITES = (
    (r"\s*(?:\(.*\)|\[.*\])$", ""),
    (rf"^(?:{WEEKDAYS})(?:[.,]+\s*|\s+)", ""),
    # Tuesday in French, Spanish and Italian is written like March.
    (r"^mar[.,]*\s+(\d{1,2}(?:[/.-]|\s*[a-z]{3}).*)$", "$1"),
    (r"^(?:le|el|il|den|the)\s+", ""),
    # As Unix prints dates: `Jan 15 12:30:05 UTC 2024`.
    (r"^([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}:\d{2}:\d{2})(\s[a-z]{3,4}|\s[+-]\d{4})?\s(\d{4})$", "$1 $2 $5 $3$4"),
    (r"([+-]\d{4})\s[a-z]{3,4}$", "$1"),
    # The basic format of ISO 8601: `20240131T123005`.
    (r"^(\d{4})(\d{2})(\d{2})t(\d{2})(\d{2})", "${1}-${2}-${3}t${4}:${5}"),
    (r"^(\d{4}-\d{2}-\d{2}t\d{2}:\d{2})(\d{2})", "$1:$2"),
)
ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "ut", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "west"), 1),
    **dict.fromkeys(("cest", "mesz", "eet"), 2),
    "eest": 3,
    "edt": -4,
    "est": -5,
    "cdt": -5,
    "cst": -6,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
}
"""Hours of named time zones from UTC; the American ones as in RFC 2822."""
HEAD_ROWS = 1_000
"""Values that are parsed first, as a few values rule out most columns."""
PIVOT = 50
"""Two-digit years below are 20xx, others 19xx, as by default in SQL Server; so none is far in the future."""
DATETIME = pl.Datetime("us")


def parse_dates(text: pl.Series) -> pl.DataFrame:
    """Return the dates of texts; null for other texts.

    Returns:
        `fixed`: dates that have one meaning; `dmy`, `mdy` and `ymd`: numeric dates such as `01/02/03`, by each order.
        `style` is `numeric` for those, `dmy` for `15 Jan 2024`, `mdy` for `Jan 15, 2024`, null for others; `half` is
        true for times with AM or PM.
    """
    parts = extract_parts(_normalized(text), PATTERNS, GROUPS)
    number = {name: pl.col(name).cast(pl.Int32) for name in ("year", "month", "day", "quarter", "one", "two", "three")}
    named = pl.coalesce("name", "after", "before").replace_strict(MONTHS, default=None, return_dtype=pl.Int32)
    month = pl.coalesce(number["month"], named, number["quarter"] * 3 - 2)
    one, two, three = number["one"], number["two"], _full_year(number["three"])
    is_short = pl.col("three").str.len_bytes() == 2
    separator, same = (pl.col(name).str.strip_chars() for name in ("separator", "same"))
    is_consistent = (separator == same) & ~(is_short & (separator == ""))
    time = _time()
    dates = {
        "fixed": date_of(_full_year(number["year"]), month, number["day"].fill_null(1)),
        "dmy": date_of(three, two, one),
        "mdy": date_of(three, one, two),
        "ymd": pl.when(is_short).then(date_of(_full_year(one), two, number["three"])),
    }
    return parts.select(
        **{name: pl.when(is_consistent.fill_null(value=True)).then(date + time) for name, date in dates.items()},
        style=pl.coalesce(
            pl.when(pl.col(name).is_not_null()).then(pl.lit(style))
            for name, style in (("one", "numeric"), ("after", "dmy"), ("before", "mdy"))
        ),
        half=pl.col("half").is_not_null(),
    )


def _normalized(text: pl.Series) -> pl.Series:
    """Return texts in lower case, without accents, weekdays and remarks."""
    text = text.str.to_lowercase()
    if text.str.contains(r"[^\x00-\x7f]").any():
        text = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_all("\u2212", "-")
    if text.str.contains(r"[a-z\[(]").any():
        for pattern, replacement in REWRITES:
            text = text.str.replace(pattern, replacement)
    return text


def extract_parts(text: pl.Series, patterns: Iterable[str], groups: Iterable[str]) -> pl.DataFrame:
    """Return the named groups of the first pattern that matches a text, null where none does."""
    rest = pl.DataFrame({"row": pl.int_range(len(text), dtype=pl.UInt32, eager=True), "text": text.alias("text")})
    found = [pl.DataFrame(schema={"row": pl.UInt32(), **dict.fromkeys(groups, pl.String())})]
    for pattern in patterns:
        matches = pl.col("text").str.contains(pattern).fill_null(value=False)
        if (matching := rest.filter(matches)).height:
            found.append(matching.select("row", pl.col("text").str.extract_groups(pattern)).unnest("text"))
            rest = rest.filter(~matches)
    return pl.concat([*found, rest.select("row")], how="diagonal").sort("row")


def _full_year(year: pl.Expr) -> pl.Expr:
    return pl.when(year >= 100).then(year).when(year < PIVOT).then(year + 2000).otherwise(year + 1900)


def date_of(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Return midnight of a day; null if there is no such day."""
    first = pl.date(year, pl.when(month.is_between(1, 12)).then(month), 1)
    is_day = (day >= 1) & (day <= first.dt.month_end().dt.day())
    return pl.when(is_day).then(first.cast(DATETIME) + pl.duration(days=day - 1))


def _time() -> pl.Expr:
    """Return the time from midnight in UTC of the same day; null if it is invalid, 0 if there is none."""
    has_time = pl.col("hour").is_not_null()
    return pl.when(has_time).then(clock_us() - _offset_us()).otherwise(0).cast(pl.Duration("us"))


def clock_us() -> pl.Expr:
    """Return the microseconds of a time of day; null if it is invalid. An hour alone needs AM or PM."""
    hour, minute, second = (pl.col(name).cast(pl.Int64) for name in ("hour", "minute", "second"))
    half = pl.col("half").str.head(1)
    fraction = pl.col("fraction").str.head(6).str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    in_half = pl.when(hour.is_between(1, 12)).then(hour % 12 + pl.when(half == "p").then(12).otherwise(0))
    hours = pl.when(half.is_not_null()).then(in_half).when(minute.is_not_null()).then(hour)
    minute, second = minute.fill_null(0), second.fill_null(0)
    is_valid = (hours < 24) & (minute < 60) & (second < 60)
    return pl.when(is_valid).then(((hours * 60 + minute) * 60 + second) * 1_000_000 + fraction)


def _offset_us() -> pl.Expr:
    """Return the microseconds of a time zone from UTC; 0 if there is none, null if it is unknown."""
    zone = pl.col("zone")
    digits = zone.str.extract(r"[+-](\d{1,2}):?\d{0,2}$").cast(pl.Int64)
    minutes = zone.str.extract(r"[+-]\d{1,2}:?(\d{2})$").cast(pl.Int64).fill_null(0)
    sign = pl.when(zone.str.contains("-", literal=True)).then(-1).otherwise(1)
    named = zone.replace_strict(ZONES, default=None, return_dtype=pl.Int64) * 60
    offset = pl.coalesce(pl.when(digits < 24, minutes < 60).then(sign * (digits * 60 + minutes)), named)
    return pl.when(zone.is_null()).then(0).otherwise(offset) * 60_000_000
