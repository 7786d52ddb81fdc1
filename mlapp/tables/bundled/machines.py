"""The bundled table `machines`: simulated failures, and the only table with every column type."""

from datetime import date, timedelta

import numpy as np
import polars as pl

ROWS = 2_000
OBSERVED_ON = date(2026, 1, 1)
SHAPE = 4.0
"""Weibull shape: above 1, so that machines wear out."""
LIFE_DAYS = {"compressor": 700.0, "fan": 1_400.0, "motor": 1_100.0, "pump": 850.0}
"""Characteristic life (Weibull scale) at 40 °C and a load of 0.5."""
LOAD_EXPONENT = 0.8
ACTIVATION_KELVIN = 1_500.0
"""Activation energy over Boltzmann's constant."""
SERVICE_EFFECT = 0.6
"""Share of the wear that the last service removed."""


def machines(rows: int = ROWS, seed: int = 1) -> pl.DataFrame:
    """Simulate machines that are observed once, and the days until each fails.

    A machine's life has a Weibull distribution. Its scale depends on the type, and decreases with the load (inverse
    power law) and the temperature (Arrhenius' law). The wear is a virtual age, which the last service reduced. The
    remaining life is drawn from the conditional distribution: for wear v, scale s, shape k and E exponential,
    (vᵏ + E·sᵏ)^(1/k) − v.

    Columns: `age` in days (integer), `type` (category), `temperature` in °C (number, missing without
    a sensor), `load` from 0 to 1 (number, with missing values), `last_service` (datetime, with missing values),
    `has_sensor` (boolean), `time_for_failure` in days (number). The same seed gives the same table.

    Source: Weibull and conditional life: Rinne, The Weibull Distribution (2008), ch. 2; inverse power law
    and Arrhenius: Nelson, Accelerated Testing (1990), ch. 2; virtual age: Kijima, J. Appl. Probab. 26 (1989).
    """
    random = np.random.default_rng(seed)
    kinds = np.array(list(LIFE_DAYS))[random.integers(0, len(LIFE_DAYS), rows)]
    age = random.integers(30, 1_200, rows)
    load = random.uniform(0.2, 1.0, rows)
    temperature = 25 + 45 * load + random.normal(0, 8, rows)
    since_service = (age * random.uniform(0.02, 0.95, rows)).astype(int)
    life = _characteristic_life(kinds, load, temperature)
    wear = since_service + (1 - SERVICE_EFFECT) * (age - since_service)
    remaining = (wear**SHAPE + random.exponential(1, rows) * life**SHAPE) ** (1 / SHAPE) - wear
    has_sensor = random.uniform(size=rows) < 0.9
    serviced = [OBSERVED_ON - timedelta(days=int(days)) for days in since_service]
    frame = pl.DataFrame(
        {
            "age": age,
            "type": kinds,
            "temperature": temperature.round(1),
            "load": load.round(2),
            "last_service": serviced,
            "has_sensor": has_sensor,
            "time_for_failure": np.maximum(remaining, 0.1).round(1),
        }
    )
    is_known = {
        "temperature": has_sensor,
        "load": random.uniform(size=rows) < 0.95,
        "last_service": random.uniform(size=rows) < 0.97,
    }
    return frame.with_columns(
        pl.when(pl.Series(known)).then(pl.col(name)).alias(name) for name, known in is_known.items()
    )


def _characteristic_life(kinds: np.ndarray, load: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """Return the Weibull scale in days, by the inverse power law and Arrhenius' law."""
    life = np.array([LIFE_DAYS[kind] for kind in kinds])
    life = life * (load / 0.5) ** -LOAD_EXPONENT
    return np.asarray(life * np.exp(ACTIVATION_KELVIN * (1 / (temperature + 273.15) - 1 / (40 + 273.15))))
