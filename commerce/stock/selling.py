"""How a product is sold: its measures and quantities, and whether it may be ordered without stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from commerce.clock import shop_now
from commerce.models import ProductDetails
from commerce.shop_settings.current import current_shop

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct

#: Relations to load with products, so that ``selling_of`` makes no query.
DETAILS = ("details", "parent__details")
#: Columns of the details that decide the availability, for code that reads rows.
AVAILABILITY_COLUMNS = ("is_stock_counted", "later", "available_from")
#: Columns of the details that decide the least quantity, for code that reads rows.
LEAST_COLUMNS = ("min_quantity", "step_quantity")
#: Columns of the details with the content, for code that reads rows.
CONTENT_COLUMNS = ("content", "content_unit")


@dataclass(frozen=True)
class Selling:
    """The combined details of a product or variant. Weight in grams, sizes in millimetres."""

    weight: int | None = None
    length: int | None = None
    width: int | None = None
    height: int | None = None
    is_shipped: bool | None = None
    is_stock_counted: bool | None = None
    gift_card_value: Decimal | None = None
    content: Decimal | None = None
    content_unit: str = ""
    min_quantity: int | None = None
    step_quantity: int | None = None
    max_quantity: int | None = None
    later: str = ""
    available_from: date | None = None

    @property
    def least(self) -> int:
        """The fewest units that can be ordered: a multiple of the step."""
        return least_units(self.min_quantity, self.step_quantity)

    @property
    def step(self) -> int:
        """Units can be ordered in multiples of this."""
        return self.step_quantity or 1


FIELDS = tuple(Selling.__dataclass_fields__)
NOTHING = Selling()


def selling_of(product: AbstractProduct) -> Selling:
    """The details of a product, a variant's own before its product's.

    Makes no query if ``DETAILS`` were loaded with the product.
    """
    rows = [_details(product)]
    if product.parent_id:
        rows.append(_details(product.parent))
    found = [row for row in rows if row is not None]
    if not found:
        return NOTHING
    return Selling(**{name: _first(found, name) for name in FIELDS})


def _details(product: AbstractProduct) -> ProductDetails | None:
    if "details" in (loaded := product._state.fields_cache):
        return loaded["details"]  # None without an exception, which would be the usual case.
    try:
        return product.details
    except ObjectDoesNotExist:
        return None


def _first(rows: list[ProductDetails], name: str) -> Any:
    """The first given value; a unit belongs to its content, a date to its kind of order."""
    if name == "content_unit":
        return next((row.content_unit for row in rows if row.content is not None), "")
    if name == "available_from":
        return next((row.available_from for row in rows if row.later), None)
    values = (getattr(row, name) for row in rows)
    return next((value for value in values if value not in (None, "")), getattr(NOTHING, name))


def least_units(minimum: int | None, step: int | None) -> int:
    """The fewest units that can be ordered: the first multiple of the step from the minimum on."""
    step = step or 1
    return max(-(-(minimum or 1) // step) * step, step)


def sellable_units(selling: Selling, units: int) -> int:
    """The most units, at most so many, that the least and the step allow; 0 if there are none."""
    units -= units % selling.step
    return units if units >= selling.least else 0


def sells_later(later: str, available_from: date | None, *, today: date | None = None) -> str:
    """How it can be ordered without stock: "preorder", "backorder" or "".

    A pre-order ends on the day from which it is sent.
    """
    if later == ProductDetails.Later.PREORDER:
        is_early = available_from is not None and (today or shop_today()) < available_from
        return later if is_early else ""
    return later if later == ProductDetails.Later.BACKORDER else ""


def shop_today() -> date:
    """The date in the shop's time zone at ``shop_now()``."""
    return timezone.localdate(shop_now(), ZoneInfo(current_shop().time_zone))


def is_shipped(product: AbstractProduct) -> bool:
    """Whether a product is sent by post: its own setting, or that of its product type."""
    selling = selling_of(product)
    if selling.gift_card_value:
        return False
    if selling.is_shipped is None:
        return product.get_product_class().requires_shipping
    return selling.is_shipped
