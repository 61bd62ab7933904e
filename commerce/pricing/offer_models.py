"""Offers, vouchers, benefits and conditions: descriptions are safe HTML, and rules are ours (``benefits``)."""

from functools import cache, cached_property
from importlib import import_module
from typing import Any

from django.utils.html import escape
from oscar.apps.offer.abstract_models import (
    AbstractBenefit,
    AbstractCondition,
    AbstractConditionalOffer,
)
from oscar.apps.voucher.abstract_models import AbstractVoucher


class ConditionalOffer(AbstractConditionalOffer):
    @cached_property
    def combined_offers(self) -> set["ConditionalOffer"]:
        """The offer itself and those it may be combined with. No query once both relations are prefetched."""
        return {self, *self.combinations.all(), *self.in_combination.all()}


class _NameAsText:
    name: str

    @property
    def description(self) -> str:
        """The escaped name: Oscar's templates print descriptions unescaped."""
        try:
            return escape(self.name)
        except AttributeError:  # an invalid form has removed the range
            return ""


class Benefit(_NameAsText, AbstractBenefit):
    @property
    def proxy_map(self) -> dict[str, type]:
        """Our classes. Oscar imports its own again for each benefit of each basket."""
        return _benefit_classes()


class Condition(_NameAsText, AbstractCondition):
    @property
    def proxy_map(self) -> dict[str, type]:
        """Our classes, see ``Benefit``."""
        return _condition_classes()


class Voucher(AbstractVoucher):
    def is_available_to_user(self, user: Any = None) -> tuple[bool, str]:
        """Whether anybody may still use it. Who may is decided by ``voucher_terms.refusal_for``.

        Oscar asks when it writes an order, and refuses guests a code for once per customer.
        """
        return not (self.usage == self.SINGLE_USE and self.applications.exists()), ""


# Imported when they are needed: they are subclasses of the models above.


@cache
def _benefit_classes() -> dict[str, type]:
    classes = import_module("commerce.pricing.benefits")
    return {
        Benefit.PERCENTAGE: classes.PercentageDiscountBenefit,
        Benefit.FIXED: classes.AbsoluteDiscountBenefit,
        Benefit.FIXED_UNIT: classes.FixedUnitDiscountBenefit,
        Benefit.MULTIBUY: classes.MultibuyDiscountBenefit,
        Benefit.FIXED_PRICE: classes.FixedPriceBenefit,
        Benefit.SHIPPING_ABSOLUTE: classes.ShippingAbsoluteDiscountBenefit,
        Benefit.SHIPPING_FIXED_PRICE: classes.ShippingFixedPriceBenefit,
        Benefit.SHIPPING_PERCENTAGE: classes.ShippingPercentageDiscountBenefit,
    }


@cache
def _condition_classes() -> dict[str, type]:
    classes = import_module("commerce.pricing.conditions")
    return {
        Condition.COUNT: classes.CountCondition,
        Condition.VALUE: classes.ValueCondition,
        Condition.COVERAGE: classes.CoverageCondition,
    }
