"""Signal receivers for automatic offers: changes refresh the listings with affected prices."""

from collections.abc import Set
from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from oscar.core.loading import get_model

from commerce.index.offer_refresh import refresh_offers, refresh_ranges

Benefit = get_model("offer", "Benefit")
Condition = get_model("offer", "Condition")
ConditionalOffer = get_model("offer", "ConditionalOffer")
Range = get_model("offer", "Range")


@receiver([post_save, post_delete], sender=ConditionalOffer)
def on_offer_changed(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        refresh_offers([instance.pk])


@receiver(post_save, sender=Condition)
@receiver(post_save, sender=Benefit)
def on_offer_rule_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        refresh_offers(instance.offers.values_list("pk", flat=True))


@receiver(post_save, sender=Range)
def on_range_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        refresh_ranges([instance.pk])


@receiver([post_save, post_delete], sender=Range.included_products.through)
def on_range_product_changed(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        refresh_ranges([instance.range_id])


def on_range_parts_changed(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: Set[int] | None, **kwargs: Any
) -> None:
    """Changes of a range's categories, classes and exceptions, from either side of the relation."""
    if action.startswith("post_"):
        refresh_ranges(pk_set or () if reverse else [instance.pk])


for _name in (
    "included_products", "excluded_products", "classes", "included_categories", "excluded_categories",
):  # fmt: skip
    m2m_changed.connect(
        on_range_parts_changed,
        sender=getattr(Range, _name).through,
        dispatch_uid=f"offers:{_name}",
    )


@receiver(m2m_changed, sender=ConditionalOffer.combinations.through)
def on_offer_combinations_changed(
    sender: Any, instance: Any, action: str, pk_set: Set[int] | None, **kwargs: Any
) -> None:
    if action.startswith("post_"):
        refresh_offers({instance.pk, *(pk_set or ())})
