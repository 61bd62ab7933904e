"""Orders whose downloads and gift cards are withheld, such as those with a disputed payment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oscar.apps.order.abstract_models import AbstractOrder

Reason = Callable[["AbstractOrder"], bool]
#: Functions ``(order)`` that say whether its downloads and gift cards are withheld.
REASONS: list[Reason] = []


def withholds(function: Reason) -> Reason:
    """Register a reason (see ``REASONS``)."""
    REASONS.append(function)
    return function


def is_withheld(order: AbstractOrder) -> bool:
    """Whether an order's downloads and gift cards must not be handed out at the moment."""
    return any(reason(order) for reason in REASONS)
