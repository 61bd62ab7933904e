"""German dates in figures where a time stands beside them."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "d.m.Y, H:i"
