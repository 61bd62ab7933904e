"""British dates with the clock of 24 hours: a dispatch note must not need "p.m."."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
