"""The arithmetic of documents: lines, VAT by rate, and credits that match the invoice.

Pure, no ORM. Prices include VAT (docs/pricing.md §4): a document takes the net and gross of each
order line and never computes the tax from a total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from commerce.money import CENT, round_money
from commerce.tax import percent_in

ZERO = Decimal("0.00")
K = TypeVar("K")
RateKey = tuple[Decimal, str]


@dataclass(frozen=True)
class Part:
    """One line of a document. ``rate`` is a percentage; the tax is exactly ``gross - net``.

    ``key`` is the order line's key, "delivery", or "" for amounts that belong to no line.
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
    tax_code: str = ""

    @property
    def rate_key(self) -> RateKey:
        """What lines are added up by: 0 % may be a rate, an export, or a reverse charge."""
        return self.rate, self.tax_code

    @property
    def tax(self) -> Decimal:
        return self.gross - self.net

    def as_facts(self) -> dict[str, Any]:
        """Plain values, with amounts as text."""
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in {**asdict(self), "tax": self.tax}.items()
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Part:
        """Restore a part from ``as_facts``."""
        amounts = ("rate", "net", "gross", "unit", "discount")
        values = {name: value for name, value in facts.items() if name != "tax"}
        for name in amounts:
            if values.get(name) is not None:
                values[name] = Decimal(values[name])
        return cls(**values)


def rate_of(net: Decimal, gross: Decimal, code: str = "") -> Decimal:
    """The tax rate between two amounts as a percentage: by its code, else computed and rounded."""
    percent = percent_in(code)
    if percent is not None and (net != gross or not gross):
        return percent.normalize() + 0
    if net == gross:
        return Decimal(0)
    return ((gross / net - 1) * 100).quantize(Decimal("0.1")) if net else Decimal(0)


def sums_of(parts: Collection[Part]) -> dict[str, Any]:
    """Net, tax and gross of a document as facts, by rate and in total: the sums of its lines."""
    by_rate: dict[RateKey, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for part in parts:
        by_rate[part.rate_key][0] += part.net
        by_rate[part.rate_key][1] += part.gross
    rates = [
        {
            "rate": _plain(rate),
            "code": code,
            "net": str(net),
            "tax": str(gross - net),
            "gross": str(gross),
        }
        for (rate, code), (net, gross) in sorted(by_rate.items(), key=lambda row: -row[0][0])
        if net or gross
    ]
    net = sum((part.net for part in parts), ZERO)
    gross = sum((part.gross for part in parts), ZERO)
    return {"rates": rates, "net": str(net), "tax": str(gross - net), "gross": str(gross)}


def _plain(rate: Decimal) -> str:
    """A rate as text: "20", "5.5"."""
    return f"{rate.normalize() + 0:f}"


def split_amount(
    amount: Decimal, weights: Mapping[K, Decimal], *, currency: str = ""
) -> dict[K, Decimal]:
    """Split an amount by weights into whole cents, or yen, ``{key: share}``; the shares add up to it."""
    total = sum(weights.values())
    shares: dict[K, Decimal] = {}
    done, before = ZERO, Decimal(0)
    for key, weight in weights.items():
        before += weight
        upto = round_money(amount * before / total, currency) if total else ZERO
        shares[key], done = upto - done, upto
    return shares


def net_part(gross: Decimal, *, of_net: Decimal, of_gross: Decimal, currency: str = "") -> Decimal:
    """The net part of ``gross``, in proportion to ``of_net`` and ``of_gross``.

    All of ``of_gross`` gives exactly ``of_net``.
    """
    if gross == of_gross:
        return of_net
    return round_money(of_net * gross / of_gross, currency) if of_gross else gross


def not_charged_parts(
    parts: Collection[Part], amount: Decimal, *, title: str, currency: str = ""
) -> list[Part]:
    """The part of an order that was not charged, as negative lines: one per rate."""
    return [
        replace(part, net=-part.net, gross=-part.gross)
        for part in _by_rate(_left_by_rate(parts, []), amount, title=title, currency=currency)
    ]


def credit_parts(
    invoiced: Collection[Part],
    credited: Collection[Part],
    wanted: Mapping[str, tuple[int | None, Decimal]],
    *,
    amount: Decimal,
    title: str,
    currency: str = "",
) -> list[Part]:
    """The lines of a credit note over ``amount``.

    ``invoiced`` and ``credited`` are the lines of the invoice and of its earlier credit notes,
    ``wanted`` is ``{key: (quantity or None, amount)}``. The rest of ``amount`` belongs to no line
    and is split in proportion to what is left at each rate. If all that is left is refunded at
    once, the lines are the invoice's own. Once everything is refunded, net and tax match the
    invoice to the cent.
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
        net = net_part(gross, of_net=rest.net, of_gross=rest.gross, currency=currency)
        parts.append(
            replace(rest, quantity=quantity, unit=None, discount=ZERO, net=net, gross=gross)
        )
    more = amount - sum((part.gross for part in parts), ZERO)
    if more >= CENT:
        left_over = _left_by_rate(invoiced, [*credited, *parts])
        parts += _by_rate(left_over, more, title=title, currency=currency)
    return parts


def _left_by_key(invoiced: Collection[Part], credited: Collection[Part]) -> dict[str, Part]:
    """Each invoice line minus what was credited of it."""
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


def _left_by_rate(
    invoiced: Collection[Part], credited: Collection[Part]
) -> dict[RateKey, list[Decimal]]:
    """The remaining net and gross at each rate, ``{rate key: [net, gross]}``."""
    left: dict[RateKey, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for sign, parts in ((1, invoiced), (-1, credited)):
        for part in parts:
            left[part.rate_key][0] += sign * part.net
            left[part.rate_key][1] += sign * part.gross
    return left


def _by_rate(
    left: Mapping[RateKey, list[Decimal]], amount: Decimal, *, title: str, currency: str
) -> list[Part]:
    """An amount that belongs to no line, as one part for each rate with a remainder."""
    weights = {key: max(gross, ZERO) for key, (_net, gross) in left.items()}
    return [
        Part(
            title=title,
            rate=key[0],
            tax_code=key[1],
            net=net_part(gross, of_net=left[key][0], of_gross=left[key][1], currency=currency),
            gross=gross,
        )
        for key, gross in split_amount(amount, weights, currency=currency).items()
        if gross
    ]
