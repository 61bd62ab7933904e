"""Countries in which a shop is registered for VAT besides its own. Pure."""

import re

LINE = re.compile(r"^([A-Z]{2})\s+(\S.{2,30})$")


def registrations_in(text: str) -> dict[str, str]:
    """``{country: VAT number}`` of a text with one per line. Raises ValueError with the first bad line."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        match = LINE.match(line)
        if not match:
            raise ValueError(line)
        found[match[1]] = match[2].strip()
    return found
