"""Signal receivers that refresh the listing index, in the transaction of each change."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from oscar.core.loading import get_model

from commerce.images.photos import is_rendered
from commerce.index.photographs import (
    after_others,
    render_logo_task,
    render_photo_task,
    render_swatch_task,
)
from commerce.index.refresh import delete_listings
from commerce.index.refresh_queue import (
    is_collecting,
    refresh_all_on_commit,
    refresh_changed,
    refresh_many,
)
from commerce.models import (
    CategoryPhoto,
    FacetAttribute,
    Listing,
    OptionValueDisplay,
    ProductDetails,
    ProductPhoto,
    SalePrice,
    ShopSettings,
    VariantOption,
)
from commerce.transactions import enqueue_or_run_on_commit

AttributeOption = get_model("catalogue", "AttributeOption")
Category = get_model("catalogue", "Category")
ProductOption = get_model("catalogue", "Option")
Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")

_products_of_deleted_option: WeakKeyDictionary[Any, set[int]] = WeakKeyDictionary()
_products_of_deleted_request: WeakKeyDictionary[Any, set[int]] = WeakKeyDictionary()

# --- Products and what belongs to one -------------------------------------------------------------


@receiver(pre_delete, sender=Product)
def delete_listing(sender: Any, instance: Any, **kwargs: Any) -> None:
    # An import has deleted the listings of many products at once.
    if instance.parent_id is None and Listing.objects.filter(pk=instance.pk).exists():
        delete_listings([instance.pk])


@receiver(post_delete, sender=Product)
def on_variant_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    if instance.parent_id is not None:
        refresh_changed({instance.parent_id})


def _refresh_product_of(
    model: type[Model], product_id_of: Callable[[Any], int | None], *, prices_only: bool = False
) -> None:
    """Refresh the product that a row of ``model`` belongs to whenever a row is saved or deleted."""

    def on_save(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
        if not raw:
            refresh_changed({product_id_of(instance)} - {None}, prices_only=prices_only)

    def on_delete(sender: Any, instance: Any, origin: Any = None, **kwargs: Any) -> None:
        # Deleted with its product, whose listing is deleted anyway.
        if getattr(origin, "model", type(origin)) is not Product:
            refresh_changed({product_id_of(instance)} - {None}, prices_only=prices_only)

    uid = f"listing:{model._meta.label}"
    post_save.connect(on_save, sender=model, weak=False, dispatch_uid=uid)
    post_delete.connect(on_delete, sender=model, weak=False, dispatch_uid=uid)


for _label in ("catalogue.ProductCategory", "catalogue.ProductImage"):
    _refresh_product_of(get_model(*_label.split(".")), lambda row: row.product_id)
_refresh_product_of(
    get_model("partner", "StockRecord"), lambda row: row.product_id, prices_only=True
)
_refresh_product_of(ProductAttributeValue, lambda row: row.product_id)
_refresh_product_of(get_model("reviews", "ProductReview"), lambda row: row.product_id)
_refresh_product_of(SalePrice, lambda row: row.stockrecord.product_id, prices_only=True)
_refresh_product_of(ProductPhoto, lambda row: row.product_image.product_id)
_refresh_product_of(ProductDetails, lambda row: row.product_id)


@receiver(post_save, sender=ProductPhoto)
@receiver(post_save, sender=CategoryPhoto)
def render_photograph(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Show a new photo unscaled until the worker has made its sizes."""
    if raw or is_collecting() or is_rendered(instance.image):
        return
    enqueue_or_run_on_commit(after_others(render_photo_task), instance.image_id)


@receiver(m2m_changed, sender=ProductAttributeValue.value_multi_option.through)
def on_product_options_changed(
    sender: Any, instance: Any, action: str, reverse: bool, **kwargs: Any
) -> None:
    if action.startswith("post_") and not reverse:
        refresh_changed({instance.product_id})


# --- What many products share ---------------------------------------------------------------------


@receiver(post_save, sender=Category)
def on_category_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Refresh all products below a category: its name, visibility or position may have changed."""
    if raw:
        return
    # Oscar's own receiver runs later; until then descendants have their old visibility.
    instance.set_ancestors_are_public()
    through = get_model("catalogue", "ProductCategory").objects
    below = through.filter(category__path__startswith=instance.path)
    refresh_many(set(below.values_list("product_id", flat=True)))


@receiver(post_save, sender=ProductClass)
def on_product_class_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Refresh all products of a class: it decides whether their stock is tracked."""
    if not raw:
        products = Product.objects.filter(product_class=instance)
        refresh_many(set(products.values_list("pk", flat=True)))


@receiver(post_save, sender=AttributeOption)
def on_attribute_option_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        refresh_many(_products_with_option(instance))


@receiver(pre_delete, sender=AttributeOption)
def before_attribute_option_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Note the products with the option: their links to it are deleted first, and send no signal."""
    _products_of_deleted_option[instance] = _products_with_option(instance)


@receiver(post_delete, sender=AttributeOption)
def on_attribute_option_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    refresh_many(_products_of_deleted_option.pop(instance, set()))


def _products_with_option(option: Any) -> set[int]:
    values = ProductAttributeValue.objects
    return {
        *values.filter(value_option=option).values_list("product_id", flat=True),
        *values.filter(value_multi_option=option).values_list("product_id", flat=True),
    }


@receiver(post_save, sender=get_model("catalogue", "ProductAttribute"))
def on_attribute_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Refresh products with a value: its facet uses the attribute's code, its card the name."""
    if not raw:
        _refresh_products_with_attribute(instance.pk)


@receiver([post_save, post_delete], sender=FacetAttribute)
def on_facet_attribute_changed(
    sender: Any, instance: Any, raw: bool = False, **kwargs: Any
) -> None:
    if not raw:
        _refresh_products_with_attribute(instance.attribute_id)


def _refresh_products_with_attribute(attribute_id: int) -> None:
    values = ProductAttributeValue.objects.filter(attribute=attribute_id)
    refresh_many(set(values.values_list("product_id", flat=True)))


@receiver(pre_save, sender=ShopSettings)
def on_language_changed(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Index the words of all products in the shop's new language."""
    stored = ShopSettings.objects.filter(pk=instance.pk).values_list("language", flat=True)
    if not raw and any(language != instance.language for language in stored):
        refresh_all_on_commit()


# --- Options --------------------------------------------------------------------------------------


@receiver([post_save, post_delete], sender=VariantOption)
def on_variant_option_changed(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        _refresh_products_with_attribute(instance.attribute_id)


@receiver([post_save, post_delete], sender=OptionValueDisplay)
def on_display_changed(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Refresh the products with the value: their chooser and card show its place and swatch."""
    if raw:
        return
    refresh_many(_products_with_option(instance.value_id))
    if instance.pk and instance.picture_id:
        enqueue_or_run_on_commit(render_swatch_task, instance.picture_id)


@receiver(m2m_changed, sender=ProductPhoto.options.through)
def on_photo_options_changed(
    sender: Any, instance: Any, action: str, reverse: bool, **kwargs: Any
) -> None:
    if action.startswith("post_") and not reverse:
        refresh_changed({instance.product_image.product_id})


@receiver(post_save, sender=ShopSettings)
def on_shop_settings_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    if instance.logo_id and not raw:
        enqueue_or_run_on_commit(render_logo_task, instance.logo_id)


# --- Personal options -----------------------------------------------------------------------------
# A required one decides whether a card offers to add the product with one click.


@receiver(post_save, sender=ProductOption)
def on_personal_option_saved(
    sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any
) -> None:
    if not raw and not created:  # a new option belongs to no product yet
        refresh_many(_products_with_personal_option(instance))


@receiver(pre_delete, sender=ProductOption)
def before_personal_option_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Note its products: their links to it are deleted first, and send no signal."""
    _products_of_deleted_request[instance] = _products_with_personal_option(instance)


@receiver(post_delete, sender=ProductOption)
def on_personal_option_deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    refresh_many(_products_of_deleted_request.pop(instance, set()))


def _products_with_personal_option(option: Any) -> set[int]:
    of_types = Product.objects.filter(product_class__options=option)
    own = Product.objects.filter(product_options=option)
    return {*of_types.values_list("pk", flat=True), *own.values_list("pk", flat=True)}


@receiver(m2m_changed, sender=Product.product_options.through)
@receiver(m2m_changed, sender=ProductClass.options.through)
def on_personal_options_changed(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: Any, **kwargs: Any
) -> None:
    """Refresh the products whose options changed, from either side of the relation."""
    if reverse and action == "pre_clear":
        before_personal_option_deleted(sender, instance)
    if not action.startswith("post_"):
        return
    if reverse and action == "post_clear":
        on_personal_option_deleted(sender, instance)
        return
    owners = pk_set if reverse else {instance.pk}
    if sender is Product.product_options.through:
        refresh_many(owners)
    else:
        of_types = Product.objects.filter(product_class__in=owners)
        refresh_many(set(of_types.values_list("pk", flat=True)))
