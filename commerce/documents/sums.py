"""The arithmetic of documents: lines, VAT by rate, and credits that add up to what was invoiced.

Pure, no ORM. Prices include VAT (docs/pricing.md §4): a document takes net and gross of each line as
the order has them, and never works a tax out of a total.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from commerce.money import CENT, round_money
from commerce.tax import STANDARD_CODE, STANDARD_RATE

ZERO = Decimal("0.00")
#: Rates of tax by the code that an order's line carries.
RATES = {STANDARD_CODE: STANDARD_RATE}


@dataclass(frozen=True)
class Part:
    """One line of a document. ``rate`` is in percent; the tax is ``gross - net``, exactly.

    ``key`` is the order line's, "delivery", or "" for what belongs to no line.
    """

    title: str
    rate: Decimal
    net: Decimal
    gross: Decimal
    key: str = ""
    code: str = ""
    quantity: int | None = None
    unit: Decimal | None = None
    discount: Decimal = ZERO

    @property
    def tax(self):
        return self.gross - self.net

    def as_facts(self):
        """As plain values, amounts as text."""
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in {**asdict(self), "tax": self.tax}.items()
        }

    @classmethod
    def from_facts(cls, facts):
        """The part that ``as_facts`` wrote."""
        amounts = ("rate", "net", "gross", "unit", "discount")
        values = {name: value for name, value in facts.items() if name != "tax"}
        for name in amounts:
            if values.get(name) is not None:
                values[name] = Decimal(values[name])
        return cls(**values)


def rate_of(net, gross, code=""):
    """The rate of tax between two amounts, in percent: by its code, or as near as cents can tell."""
    if code in RATES and (net != gross or not gross):
        return (RATES[code] * 100).normalize() + 0
    if net == gross:
        return Decimal(0)
    return ((gross / net - 1) * 100).quantize(Decimal("0.1")) if net else Decimal(0)


def sums_of(parts):
    """Net, tax and gross of a document, by rate and in all, as facts. They are the lines' sums."""
    by_rate = defaultdict(lambda: [ZERO, ZERO])
    for part in parts:
        by_rate[_plain(part.rate)][0] += part.net
        by_rate[_plain(part.rate)][1] += part.gross
    rates = [
        {"rate": rate, "net": str(net), "tax": str(gross - net), "gross": str(gross)}
        for rate, (net, gross) in sorted(by_rate.items(), key=lambda row: -Decimal(row[0]))
        if net or gross
    ]
    net = sum((part.net for part in parts), ZERO)
    gross = sum((part.gross for part in parts), ZERO)
    return {"rates": rates, "net": str(net), "tax": str(gross - net), "gross": str(gross)}


def _plain(rate):
    """A rate as people write it: "20", "5.5"."""
    return f"{rate.normalize():f}"


def shared_out(amount, weights):
    """An amount split in whole cents after weights, ``{key: share}``; the shares add up to it."""
    total = sum(weights.values())
    shares, done, before = {}, ZERO, Decimal(0)
    for key, weight in weights.items():
        before += weight
        upto = round_money(amount * before / total) if total else ZERO
        shares[key], done = upto - done, upto
    return shares


def net_part(gross, *, of_net, of_gross):
    """The net part of ``gross`` where it is taken from what has these two; all of it takes all."""
    if gross == of_gross:
        return of_net
    return round_money(of_net * gross / of_gross) if of_gross else gross


def not_charged_parts(parts, amount, *, title):
    """What of an order was not taken, as lines below zero: one for each rate."""
    return [
        replace(part, net=-part.net, gross=-part.gross)
        for part in _by_rate(_left_by_rate(parts, []), amount, title=title)
    ]


def credit_parts(invoiced, credited, wanted, *, amount, title):
    """The lines of a credit note over ``amount``.

    ``invoiced`` and ``credited`` are the lines of the invoice and of all its credit notes so far,
    ``wanted`` is ``{key: (quantity or None, amount)}``. What is left of ``amount`` is for no line
    and shared out by what is left at each rate. Where all that is left is paid back at once, it is
    the invoice's own lines. When everything was paid back, net and tax were paid back to the cent.
    """
    left = _left_by_key(invoiced, credited)
    everything = sum((part.gross for part in invoiced), ZERO) - sum(
        (part.gross for part in credited), ZERO
    )
    is_plain = all(part.key for part in (*invoiced, *credited))
    if not wanted and is_plain and amount == everything:
        wanted = {key: (part.quantity, part.gross) for key, part in left.items() if part.gross}
    parts = []
    for key, (quantity, gross) in wanted.items():
        if not gross:
            continue
        rest = left[key]
        net = net_part(gross, of_net=rest.net, of_gross=rest.gross)
        parts.append(
            replace(rest, quantity=quantity, unit=None, discount=ZERO, net=net, gross=gross)
        )
    more = amount - sum((part.gross for part in parts), ZERO)
    if more >= CENT:
        parts += _by_rate(_left_by_rate(invoiced, [*credited, *parts]), more, title=title)
    return parts


def _left_by_key(invoiced, credited):
    """Each line of an invoice less what was credited of it."""
    left = {part.key: part for part in invoiced if part.key}
    for part in credited:
        if part.key in left:
            line = left[part.key]
            left[part.key] = replace(
                line,
                quantity=line.quantity and line.quantity - (part.quantity or 0),
                net=line.net - part.net,
                gross=line.gross - part.gross,
            )
    return left


def _left_by_rate(invoiced, credited):
    """Net and gross that are left at each rate, ``{rate: [net, gross]}``."""
    left = defaultdict(lambda: [ZERO, ZERO])
    for sign, parts in ((1, invoiced), (-1, credited)):
        for part in parts:
            left[part.rate][0] += sign * part.net
            left[part.rate][1] += sign * part.gross
    return left


def _by_rate(left, amount, *, title):
    """An amount for no line, as one part for each rate at which something is left."""
    weights = {rate: max(gross, ZERO) for rate, (_net, gross) in left.items()}
    return [
        Part(
            title=title,
            rate=rate,
            net=net_part(gross, of_net=left[rate][0], of_gross=left[rate][1]),
            gross=gross,
        )
        for rate, gross in shared_out(amount, weights).items()
        if gross
    ]
