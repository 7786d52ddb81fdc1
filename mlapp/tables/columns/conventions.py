"""Conventions: how numbers and dates of a table are written, where a column alone is ambiguous."""

from typing import NamedTuple

from mlapp.schemas import DateOrder, DecimalSign


class Conventions(NamedTuple):
    """What the options and all columns of a table say about how its values are written."""

    decimal: DecimalSign | None = None
    date_order: DateOrder | None = None
    delimiter: str | None = None
    is_decimal_given: bool = False
    """Whether `decimal` is an option, which cells must not contradict."""
    is_date_order_given: bool = False
    na_values: frozenset[str] = frozenset()
    keep_values: frozenset[str] = frozenset()
    is_american: bool = False
    """Whether amounts in dollars, AM or PM suggest that the month is first in dates."""
    is_file: bool = False
    """Whether values are read by the evidence of the others, as in files; those of JSON are read one by one."""

    def of_dates(self, order: DateOrder | None) -> "Conventions":
        """Return the conventions of a column whose own dates have an order; an option overrules it."""
        return self if order is None or self.is_date_order_given else self._replace(date_order=order)


PLAIN = Conventions()
