"""Units: currencies, percentages, magnitudes and measures that numbers are written with."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

CURRENCIES = (
    "$|USD|US$|Dollar|dollars €|EUR|Euro|euros £|GBP CHF|Fr.|SFr. ¥|JPY|円 CNY|RMB|元 ₹|INR|Rs|Rs. R$|BRL zł|PLN|zl "
    "kr|kr. SEK NOK DKK CZK|Kč HUF|Ft RON|lei ₽|RUB|руб|руб. ₺|TRY|TL ₩|KRW|원 ₪|ILS ฿|THB ₫|VND ₱|PHP ₴|UAH ₦|NGN "
    "CAD|C$|CA$ AUD|A$|AU$ NZD|NZ$ SGD|S$ HKD|HK$ MXN|MX$ ZAR AED SAR ARS CLP COP IDR|Rp|Rp. MYR|RM EGP"
)
"""Each currency as it is named, then its other spellings."""

MEASURES = {
    "percent": "%|percent|pct|Prozent=1/100 ‰=1/1000",
    "length": "km=1000 m=1 dm=0.1 cm=0.01 mm=0.001 µm|μm|um=0.000001 mi|mile|miles=1609.344 yd|yds=0.9144 "
    'ft|feet=0.3048 in|inch|inches|"|″|”=0.0254',
    "magnitude": "k|K|tsd|Tsd.|Tsd=1000 M|m|mn|MM|mio|Mio.|Mio|million|millions=1000000 "
    "bn|B|b|Mrd.|Mrd|billion|billions=1000000000 tn|trillion|trillions=1000000000000",
    "bytes": "B|bytes=1 KB|kB=1000 MB=1000000 GB=1000000000 TB=1000000000000 PB=1000000000000000 KiB=1024 MiB=1048576 "
    "GiB=1073741824 TiB=1099511627776",
    "mass": "kg|kgs=1 g|gr|grams=0.001 mg=0.000001 µg|μg=0.000000001 t=1000 lb|lbs|pounds=0.45359237 oz=0.028349523125",
    "volume": "l|L|liter|litre|liters|litres=1 dl=0.1 cl=0.01 ml=0.001 m³|m3|cbm=1000 cm³|cm3|cc|ccm=0.001 "
    "gal=3.785411784",
    "area": "m²|m2|qm|sqm=1 km²|km2=1000000 ha=10000 cm²|cm2=0.0001 mm²|mm2=0.000001 ft²|ft2|sqft=0.09290304",
    "time": "h|hr|hrs|hour|hours=3600 min|mins|minute|minutes=60 s|sec|secs|second|seconds=1 ms=0.001 "
    "d|day|days=86400 week|weeks|wk|wks=604800",
    "calendar": "month|months|mo|mos=1 year|years|yr|yrs=12",
    "power": "W=1 kW=1000 MW=1000000 GW=1000000000",
    "metric horsepower": "PS=1",
    "horsepower": "hp=1",
    "brake horsepower": "bhp=1",
    "energy": "Wh=1 kWh=1000 MWh=1000000 GWh=1000000000",
    "food energy": "kcal|cal=1",
    "joule": "kJ=1000 J=1 MJ=1000000",
    "frequency": "Hz=1 kHz=1000 MHz=1000000 GHz=1000000000 rpm=1/60",
    "charge": "mAh=0.001 Ah=1",
    "speed": "km/h|kmh|kph=1 mph=1.609344 m/s=3.6 kn|knots=1.852",
    "fuel consumption": "l/100km=1",
    "fuel economy": "kmpl|km/l=1",
    "fuel economy by gallon": "mpg=1",
    "fuel economy by kilogram": "km/kg=1",
    "pressure": "Pa=1 hPa|mbar=100 kPa=1000 bar=100000 psi=6894.757293168",
    "torque": "Nm=1",
    "voltage": "V=1 mV=0.001 kV=1000",
    "Celsius": "°C|℃=1",
    "Fahrenheit": "°F|℉=1",
    "angle": "°|deg=1",
    "pixels": "px=1 MP|Mpx=1000000",
    "resolution": "dpi|ppi=1",
    "loudness": "dB=1",
    "carbon": "g/km=1",
}
"""Units by dimension: each with its other spellings and its size. Bytes and watts are decimal (SI, IEC 80000-13)."""


class Unit(NamedTuple):
    """What a prefix and a suffix of a number mean."""

    name: str
    """As it is shown; empty for a number without a unit."""
    dimension: str
    """Units of one dimension convert to one another."""
    size: Fraction

    @property
    def is_fraction(self) -> bool:
        """Whether its numbers are fractions, as percentages are."""
        return self.dimension.startswith("percent")

    @property
    def is_optional(self) -> bool:
        """Whether numbers without it may stand beside it: `950` beside `1.2k`, `5` beside `$5`."""
        return self.dimension == "magnitude" or self.dimension in _CURRENCIES

    def converts_to(self, other: "Unit") -> bool:
        """Return whether its numbers can be given in another unit; amounts and magnitudes also without any."""
        return self.dimension == other.dimension or (not other.name and (self.is_optional or self.name == "+"))


BARE = Unit("", "", Fraction(1))


def _parse_measures() -> Iterator[tuple[str, Unit]]:
    for dimension, text in MEASURES.items():
        for entry in text.split():
            spellings, size = entry.split("=")
            names = spellings.split("|")
            for spelling in names:
                yield spelling, Unit(names[0], dimension, Fraction(size))


_CURRENCIES = {spelling: entry.split("|")[0] for entry in CURRENCIES.split() for spelling in entry.split("|")}
_UNITS: dict[str, list[Unit]] = {}
for _spelling, _unit in _parse_measures():
    _UNITS.setdefault(_spelling, []).append(_unit)
_UNITS["+"] = [Unit("+", dimension, Fraction(1)) for dimension in ("+", "magnitude+")]
"""At least so many: `500+`, also beside `1K+`."""
_BY_LOWER_CASE = {spelling.lower(): units for spelling, units in _UNITS.items() if len(spelling) > 1}
"""Units of one letter differ by case, such as `M` and `m`."""


def possible_units(prefix: str, suffix: str) -> list[Unit]:
    """Return what a prefix and a suffix of a number may mean, the most likely first; nothing if they are unknown."""
    if prefix:
        return _amounts(prefix, suffix)
    if not suffix:
        return [BARE]
    if suffix.endswith("+") and suffix != "+":
        return [Unit(f"{unit.name}+", f"{unit.dimension}+", unit.size) for unit in possible_units("", suffix[:-1])]
    if suffix in _CURRENCIES:
        return _amounts(suffix, "")
    # As in `5 Mio. €` and `5M€`.
    magnitude, _, currency = suffix.rpartition(" ")
    return _measures(suffix) or _amounts(currency, magnitude) or _amounts(suffix[-1], suffix[:-1])


def choose_units(found: Iterable[list[Unit]]) -> list[Unit] | None:
    """Return the meaning of each prefix and suffix of a column such that all convert to one another.

    Returns:
        Units of one dimension, which may include numbers without a unit; None if there is no such dimension.
    """
    found = list(found)
    named = [units for units in found if units != [BARE]]
    if not named:
        return [BARE] * len(found)
    for dimension in [unit.dimension for unit in named[0]] if all(named) else []:
        chosen = [next((unit for unit in units if unit.dimension == dimension), None) for units in found]
        if all(unit or units == [BARE] for unit, units in zip(chosen, found, strict=True)):
            return [unit or BARE for unit in chosen]
    return None


def _measures(spelling: str) -> list[Unit]:
    spelling = spelling.replace("/100 ", "/100")
    return _UNITS.get(spelling) or _BY_LOWER_CASE.get(spelling.lower(), [])


def _amounts(currency: str, magnitude: str) -> list[Unit]:
    """Return an amount of money, such as `M $`."""
    name = _CURRENCIES.get(currency) or _CURRENCIES.get(currency.upper())
    if not name:
        return []
    if not magnitude:
        return [Unit(name, name, Fraction(1))]
    magnitudes = [unit for unit in _measures(magnitude.strip()) if unit.dimension == "magnitude"]
    return [Unit(f"{unit.name} {name}", name, unit.size) for unit in magnitudes]
