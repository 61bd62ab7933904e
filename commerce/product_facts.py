"""What a product's page says beside the buy box: the facts of size and care, and its address."""

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.listings import product_url


def product_page_url(product):
    """The address that shows a product; a variant is shown on its parent's page, chosen."""
    shown = product.parent or product
    url = product_url(shown.pk, shown.slug)
    return f"{url}?variant={product.pk}" if product.parent_id else url


def attribute_rows(product_ids):
    """The values of products' attributes, in the order of their type. One query."""
    rows = get_model("catalogue", "ProductAttributeValue").objects.filter(product__in=product_ids)
    return list(rows.select_related("attribute", "value_option").order_by("attribute_id"))


def values_of(rows):
    """The rows of one product as ``{code: value}``."""
    return {row.attribute.code: row.value for row in rows}


def as_people_write(text):
    """An attribute's text for reading: Yes and No, 21 instead of 21.0."""
    words = {"True": _("Yes"), "False": _("No")}
    return words.get(text) or str(text).removesuffix(".0")


def key_facts(values):
    """(name, text) of size and care, in a line each; what is not known is left out.

    ``values`` are those of ``values_of``.
    """
    facts = [(_("Size"), _size_text(values)), (_("Care"), _care_text(values))]
    return [(name, text) for name, text in facts if text]


def _size_text(values):
    sentences = (
        ("height", _("%s cm tall")),
        ("diameter", _("%s cm across")),
        ("capacity", _("%s ml")),
        ("weight", _("%s g")),
    )
    return ", ".join(
        sentence % f"{values[code]:g}" for code, sentence in sentences if values.get(code)
    )


def _care_text(values):
    places = (
        ("dishwasher_safe", _("dishwasher")),
        ("microwave_safe", _("microwave")),
        ("oven_safe", _("oven")),
    )
    safe = [name for code, name in places if values.get(code)]
    if not safe:
        return _("Wash by hand") if "dishwasher_safe" in values else ""
    listed = _(" and ").join(filter(None, [", ".join(safe[:-1]), safe[-1]]))
    return (_("%(places)s safe") % {"places": listed}).capitalize()
