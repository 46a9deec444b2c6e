"""Arabic with the digits and the decimal point of the API and of drawings."""

from __future__ import annotations

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y، H:i"
SHORT_DATE_FORMAT = "d/m/Y"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
FIRST_DAY_OF_WEEK = 1
# With a comma, a number in an SVG attribute or a script would break.
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
