"""Parsing of dates: numeric or with names of months, with times of day and time zones, cell by cell."""

from collections.abc import Callable, Iterable, Mapping

import polars as pl

YEAR = "(?:[12][0-9]{3}|9999)"
CLOCK = (
    "(?P<hour>[0-9]{1,2})(?:[:.h](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?)?"
)
HALF = r" *(?P<half>[ap]\.?m\.?)?"
ZONE = "(?P<zone>(?:utc|gmt)?[+-][0-9]{1,2}(?::?[0-9]{2})?|z|[a-z]{3,4})"
TIME = f"(?:(?:[t:]|,? +(?:(?:at|um|a) +)?){CLOCK}{HALF}(?: ?uhr|h)? *{ZONE}?)?$"
ORDINAL = r"(?:st|nd|rd|th|er|[oa]|\.)?"
MONTH, MONTH_AFTER_DAY, MONTH_BEFORE_DAY = (f"(?P<{group}>[a-z]{{3,10}})" for group in ("name", "after", "before"))
FULL_YEAR, ANY_YEAR, DAY = f"(?P<year>{YEAR})", f"(?P<year>{YEAR}|[0-9]{{2}})", "(?P<day>[0-9]{1,2})"
ONE, TWO = "(?P<one>[0-9]{1,2})", "(?P<two>[0-9]{1,2})"
PATTERNS = (
    f"^{FULL_YEAR}(?P<separator>[-/.]) ?(?P<month>[0-9]{{1,2}})(?P<same>[-/.]) ?{DAY}{TIME}",
    f"^{ONE}(?P<separator>[-/.]) ?{TWO}(?P<same>[-/.]) ?(?P<three>{YEAR}|[0-9]{{2}}){TIME}",
    f"^{ONE} {TWO} (?P<three>{YEAR}){TIME}",
    f"^{DAY}{ORDINAL}[ /.,-]*(?:(?:of|de|di) +)?{MONTH_AFTER_DAY}[ /.,'-]*(?:del? +)?{ANY_YEAR}{TIME}",
    f"^{MONTH_BEFORE_DAY}[ /.-]*{DAY}{ORDINAL}[ /,-]+{ANY_YEAR}{TIME}",
    f"^{MONTH}[ /.,-]*(?:del? +)?{FULL_YEAR}$",
    rf"^{MONTH}\.? ?[-']{ANY_YEAR}$",
    rf"^{FULL_YEAR}[ /.,-]*{MONTH}(?:\.?[ /.,-]*{DAY}{TIME}|\.?$)",
    f"^{FULL_YEAR}-(?P<month>[0-9]{{2}})$",
    f"^{FULL_YEAR}年 ?(?P<month>[0-9]{{1,2}})月 ?{DAY}日{TIME}",
    "^(?P<month>[0-9]{1,2})[/-](?P<year>(?:19|20)[0-9]{2})$",
    f"^{FULL_YEAR}[ /-]?q(?P<quarter>[1-4])$",
    f"^q(?P<quarter>[1-4])[ /-]?{FULL_YEAR}$",
)
STYLES = {"after": "dmy", "before": "mdy"}
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
REWRITTEN = r"^[a-z]|[)\]]$|[+-][0-9]{4} [a-z]+$|^[0-9]{8}t"
REWRITES = (
    (r" *(?:\(.*\)|\[.*\])$", ""),
    (rf"^(?:{WEEKDAYS})(?:[.,]+ *| +)", ""),
    # Tuesday in French, Spanish and Italian is written like March.
    (r"^mar[.,]* +([0-9]{1,2}(?:[/.-]| *[a-z]{3}).*)$", "$1"),
    ("^(?:le|el|il|den|the) +", ""),
    # As Unix prints dates: `Jan 15 12:30:05 UTC 2024`.
    ("^([a-z]{3}) +([0-9]{1,2}) +([0-9:]{8})( [a-z]{3,4}| [+-][0-9]{4})? ([0-9]{4})$", "$1 $2 $5 $3$4"),
    ("([+-][0-9]{4}) [a-z]{3,4}$", "$1"),
    # The basic format of ISO 8601: `20240131T123005`.
    ("^([0-9]{4})([0-9]{2})([0-9]{2})t([0-9]{2})([0-9]{2})", "${1}-${2}-${3}t${4}:${5}"),
    ("^([0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]{2}:[0-9]{2})([0-9]{2})", "$1:$2"),
)
ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "ut", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "west"), 60),
    **dict.fromkeys(("cest", "mesz", "eet"), 120),
    **dict.fromkeys(("eest",), 180),
    **dict.fromkeys(("edt",), -240),
    **dict.fromkeys(("est", "cdt"), -300),
    **dict.fromkeys(("cst", "mdt"), -360),
    **dict.fromkeys(("mst", "pdt"), -420),
    **dict.fromkeys(("pst",), -480),
}
"""Minutes of named time zones from UTC; the American ones as in RFC 2822."""
MANY_ROWS = 10_000
"""Dates of longer columns are parsed once if they occur several times."""
PIVOT = 50
"""Two-digit years below are 20xx, others 19xx, as by default in SQL Server; so none is far in the future."""
DAYS_TO_1970 = 719_469
DATETIME = pl.Datetime("us")
DATES = {
    **dict.fromkeys(("fixed", "dmy", "mdy", "ymd"), DATETIME),
    "style": pl.String(),
    "half": pl.Boolean(),
}


def parse_dates(text: pl.Series) -> pl.DataFrame:
    """Return the dates of texts; null for other texts.

    Returns:
        `fixed`: dates that have one meaning; `dmy`, `mdy` and `ymd`: numeric dates such as `01/02/03`, by each order.
        `style` is `dmy` for `15 Jan 2024` and `mdy` for `Jan 15, 2024`; `half` is true for times with AM or PM.
    """
    if len(text) > MANY_ROWS and text.head(MANY_ROWS).n_unique() < MANY_ROWS / 2:
        unique = text.unique().alias("text")
        found = parse_dates(unique).with_columns(unique)
        rows = text.to_frame("text")
        return rows.join(found, on="text", how="left", nulls_equal=True, maintain_order="left").drop("text")
    return match_patterns(_normalized(text), PATTERNS, _dates, DATES)


def _normalized(text: pl.Series) -> pl.Series:
    """Return texts in lower case, without accents, weekdays and remarks."""
    text = text.str.to_lowercase()
    if text.str.contains(r"[^\x00-\x7f]").any():
        text = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_all("\u2212", "-")
    if text.str.contains(r"\s\s|[\t\n]").any():
        text = text.str.replace_all(r"\s+", " ")
    if text.str.contains(REWRITTEN).any():
        for pattern, replacement in REWRITES:
            text = text.str.replace(pattern, replacement)
    return text


def match_patterns(
    text: pl.Series,
    patterns: Iterable[str],
    convert: Callable[[pl.DataFrame], pl.DataFrame],
    schema: Mapping[str, pl.DataType],
) -> pl.DataFrame:
    """Convert the named groups of the first pattern that matches a text; null for texts that no pattern matches."""
    rest = pl.DataFrame({"row": pl.int_range(len(text), dtype=pl.UInt32, eager=True), "text": text.alias("text")})
    found = [pl.DataFrame(schema={"row": pl.UInt32(), **schema})]
    for pattern in patterns:
        matches = rest["text"].str.contains(pattern).fill_null(value=False)
        if matches.any():
            parts = rest["text"].filter(matches).str.extract_groups(pattern).struct.unnest()
            found.append(convert(parts).with_columns(rest["row"].filter(matches)))
            rest = rest.filter(~matches)
        if not rest.height:
            break
    return pl.concat([*found, rest.select("row")], how="diagonal").sort("row").drop("row")


def _dates(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the dates of the parts that a pattern found."""
    dates = _numeric_dates(parts) if "one" in parts.columns else {"fixed": _fixed_date(parts.columns)}
    if "hour" in parts.columns and parts["hour"].count():
        time = pl.when(pl.col("hour").is_not_null()).then(clock_us() - _offset_us()).otherwise(0)
        parts = parts.with_columns(time=time.cast(pl.Duration("us")))
        dates = {name: date + pl.col("time") for name, date in dates.items()}
    if "separator" in parts.columns:
        dates = {name: pl.when(pl.col("separator") == pl.col("same")).then(date) for name, date in dates.items()}
    style = next((style for group, style in STYLES.items() if group in parts.columns), None)
    half = pl.col("half").is_not_null() if "half" in parts.columns else pl.lit(value=False)
    return parts.select(**dates, style=pl.lit(style, pl.String), half=half)


def _fixed_date(groups: Iterable[str]) -> pl.Expr:
    """Return the date of groups that have one meaning."""
    months = {
        "month": _number("month"),
        "quarter": _number("quarter") * 3 - 2,
        **{
            name: pl.col(name).replace_strict(MONTHS, default=None, return_dtype=pl.Int32) for name in ("name", *STYLES)
        },
    }
    month = next(month for group, month in months.items() if group in groups)
    return date_of(_full_year("year"), month, _number("day").fill_null(1) if "day" in groups else pl.lit(1))


def _numeric_dates(parts: pl.DataFrame) -> dict[str, pl.Expr]:
    """Return the date of three numbers by each order."""
    one, two, year = _number("one"), _number("two"), _full_year("three")
    dates = {"dmy": date_of(year, two, one), "mdy": date_of(year, one, two)}
    has_short_year = parts["three"].str.len_bytes() == 2
    if has_short_year.any():
        is_short = pl.lit(has_short_year) & (pl.col("one").str.len_bytes() == 2)
        dates["ymd"] = pl.when(is_short).then(date_of(_full_year("one"), two, _number("three")))
    return dates


def _number(group: str) -> pl.Expr:
    return pl.col(group).cast(pl.Int32)


def _full_year(group: str) -> pl.Expr:
    year = _number(group)
    return pl.when(year >= 100).then(year).when(year < PIVOT).then(year + 2000).otherwise(year + 1900)


def date_of(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Return midnight of a day; null if there is no such day.

    Source: H. Hinnant, chrono-compatible low-level date algorithms, `days_from_civil`. `pl.date` takes ten times as
    long and rejects invalid days.
    """
    # Years start in March, so that leap days are last.
    years = year - (month <= 2).cast(pl.Int32)
    days_before_year = 365 * years + years // 4 - years // 100 + years // 400
    date = (days_before_year + (153 * ((month + 9) % 12) + 2) // 5 + day - DAYS_TO_1970).cast(pl.Int32).cast(pl.Date)
    return pl.when(month.is_between(1, 12), date.dt.day() == day).then(date).cast(DATETIME)


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
    digits = zone.str.extract("[+-]([0-9]{1,2}):?[0-9]{0,2}$").cast(pl.Int64)
    minutes = zone.str.extract("[+-][0-9]{1,2}:?([0-9]{2})$").cast(pl.Int64).fill_null(0)
    sign = pl.when(zone.str.contains("-", literal=True)).then(-1).otherwise(1)
    named = zone.replace_strict(ZONES, default=None, return_dtype=pl.Int64)
    offset = pl.coalesce(pl.when(digits < 24, minutes < 60).then(sign * (digits * 60 + minutes)), named)
    return pl.when(zone.is_null()).then(0).otherwise(offset) * 60_000_000
