"""Offers, benefits and conditions: descriptions are safe HTML, and rules are ours (``benefits``)."""

from functools import cache, cached_property
from importlib import import_module

from django.utils.html import escape
from oscar.apps.offer.abstract_models import (
    AbstractBenefit,
    AbstractCondition,
    AbstractConditionalOffer,
)


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
