"""Prices in searches: "gift under 5" means gifts that cost less than 5. English and German."""

import re
from dataclasses import dataclass
from decimal import Decimal

#: The smallest amount of money, to leave out the limit itself.
CENT = Decimal("0.01")

_SIGN = r"(?:[£$€]|gbp|eur|usd|chf)"
_NUMBER = r"(?:\d{1,3}(?:[.,]\d{3}){1,2}|\d{1,6})(?:[.,]\d{1,2})?"
#: Units that make a number a size, a quantity or an age.
_UNIT = (
    r"(?:[cmkd]?m|inch(?:es)?|[\"”″]|[mk]?g|[cm]?l|oz|x|%|°|pcs|packs?|items?|st(?:ü|ue)ck|teile?|"
    r"(?:years?|yrs|months?|days?|people|persons?)|(?:jahren?|monaten?|tagen?|personen)|watts?|w|v)"
)


def _amount(name: str) -> str:
    sign = rf"(?:{_SIGN}|euros?|pounds?|dollars?|quid)"
    return rf"{_SIGN}?\s*(?P<{name}>{_NUMBER})(?:\s*{sign})?(?!\w)"


_END = rf"(?![-.,]?\d)(?!\s*{_UNIT}(?!\w))"
_START = r"(?<![\w.,-])"
#: What comes before or after an amount: (words, whether it is the highest, whether it is included).
_LIMITS = (
    (r"under|below|less\s+than|cheaper\s+than|unter|weniger\s+als|g(?:ü|ue)nstiger\s+als|billiger\s+als|<", True, False),
    (r"up\s+to|at\s+most|max\.?|maximum|maximal|h(?:ö|oe)chstens|bis(?:\s+zu)?|<=", True, True),
    (r"over|above|more\s+than|(?:ü|ue)ber|mehr\s+als|teurer\s+als|>", False, False),
    (r"from|at\s+least|min\.?|minimum|minimal|ab|mindestens|>=", False, True),
)  # fmt: skip
_AFTER = (
    (r"(?:or|and)\s+(?:less|under|below)|(?:oder|und)\s+weniger", True, True),
    (r"(?:or|and)\s+(?:more|over|above)|(?:oder|und)\s+mehr|\+", False, True),
)
_RANGES = (
    rf"(?:between|zwischen)\s+{_amount('low')}\s+(?:and|und)\s+{_amount('high')}",
    rf"(?:(?:from|von)\s+)?{_amount('low')}\s*(?:-|–|\bto\b|\bbis\b)\s*{_amount('high')}",
)


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{_START}(?:{pattern}){_END}", re.IGNORECASE)


_Rule = tuple[re.Pattern[str], bool, bool]
_PATTERNS: list[_Rule] = [
    *((_compile(pattern), True, True) for pattern in _RANGES),
    *((_compile(rf"(?:{words})\s*{_amount('one')}"), top, own) for words, top, own in _LIMITS),
    *((_compile(rf"{_amount('one')}\s*(?:{words})"), top, own) for words, top, own in _AFTER),
]


@dataclass(frozen=True)
class PriceCondition:
    """Prices that a search asks for; None means no limit.

    ``has_low`` and ``has_high`` say whether the limit itself is included: it is in "up to 5", not
    in "under 5".
    """

    low: Decimal | None = None
    high: Decimal | None = None
    has_low: bool = True
    has_high: bool = True

    @property
    def lowest(self) -> Decimal | None:
        """The lowest price that matches."""
        return self.low if self.low is None or self.has_low else self.low + CENT

    @property
    def highest(self) -> Decimal | None:
        """The highest price that matches."""
        return self.high if self.high is None or self.has_high else self.high - CENT


def price_in(query: str) -> tuple[PriceCondition | None, str]:
    """The first price condition of a search and the words besides it; (None, query) without one.

    A bare "5-10" is a condition; a number with a unit ("under 30 cm") is none. The currency is
    ignored, because a shop has one.
    """
    for pattern, is_highest, is_included in _PATTERNS:
        for match in pattern.finditer(query):
            condition = _condition(match, is_highest=is_highest, is_included=is_included)
            if condition:
                rest = f"{query[: match.start()]} {query[match.end() :]}"
                return condition, " ".join(rest.split())
    return None, query


def _condition(
    match: re.Match[str], *, is_highest: bool, is_included: bool
) -> PriceCondition | None:
    numbers = {name: _decimal(text) for name, text in match.groupdict().items()}
    if "one" not in numbers:
        low, high = numbers["low"], numbers["high"]
        return PriceCondition(low, high) if low < high else None
    if is_highest:
        return PriceCondition(high=numbers["one"], has_high=is_included) if numbers["one"] else None
    return PriceCondition(low=numbers["one"], has_low=is_included)


def _decimal(text: str) -> Decimal:
    """A number with decimals or thousands marked by a point or comma: "1,000", "4,99", "1.000,50"."""
    head, mark, tail = text.replace(",", ".").rpartition(".")
    if mark and len(tail) <= 2:
        return Decimal(f"{head.replace('.', '')}.{tail}")
    return Decimal(text.replace(",", "").replace(".", ""))
