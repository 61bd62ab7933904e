"""Attribute texts of product pages, and their URLs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.index.listings import product_url

if TYPE_CHECKING:
    from oscar.apps.catalogue.abstract_models import AbstractProduct


#: The attribute with care instructions, which have their own section of the page.
CARE = "care"


def product_page_url(product: AbstractProduct) -> str:
    """The URL that shows a product; for a variant, its parent's page with it selected."""
    shown = product.parent or product
    url = product_url(shown.pk, shown.slug)
    return f"{url}?variant={product.pk}" if product.parent_id else url


def attribute_rows(product_ids: Collection[int]) -> list[Any]:
    """The attribute values of products, in attribute order.

    Three queries. With a join, MariaDB may start from the attributes and read all their values.
    """
    rows = get_model("catalogue", "ProductAttributeValue").objects.filter(product__in=product_ids)
    rows = list(rows.order_by("attribute_id"))
    attributes = get_model("catalogue", "ProductAttribute").objects.in_bulk(
        {row.attribute_id for row in rows}
    )
    options = get_model("catalogue", "AttributeOption").objects.in_bulk(
        {row.value_option_id for row in rows if row.value_option_id}
    )
    found = []
    for row in rows:
        is_whole = row.value_option_id is None or row.value_option_id in options
        if is_whole and row.attribute_id in attributes:  # else it was just deleted
            row.attribute = attributes[row.attribute_id]
            row.value_option = options.get(row.value_option_id)
            found.append(row)
    return found


def values_of(rows: Iterable[Any]) -> dict[str, Any]:
    """One product's rows as ``{code: value}``."""
    return {row.attribute.code: row.value for row in rows}


def options_in(rows: Iterable[Any], variant_ids: Collection[int]) -> set[str]:
    """The codes of the attributes that distinguish these variants, from ``attribute_rows``."""
    return {
        row.attribute.code
        for row in rows
        if row.product_id in variant_ids and row.attribute.type == row.attribute.OPTION
    }


def readable_value(text: str) -> str:
    """An attribute's text for display: Yes and No, 21 instead of 21.0."""
    words = {"True": _("Yes"), "False": _("No")}
    return words.get(text) or str(text).removesuffix(".0")


def join_names(names: Sequence[str]) -> str:
    """Names joined for a sentence: "Red, Blue and Green"."""
    if len(names) == 1:
        return names[0]
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def text_of_family(box: Any, code: str, by_code: Mapping[int, Mapping[str, str]]) -> str:
    """One attribute's text; if variants differ, each text with the variants it applies to.

    ``box`` is a buy box or ``Family``, ``by_code`` is ``{product_id: {code: text}}`` of its product
    and variants. A variant's own value overrides its product's, as everywhere in Oscar.
    """
    shared = by_code[box.product_id].get(code, "")
    variants = {v.name: by_code[v.product_id].get(code, shared) for v in box.variants}
    texts = dict.fromkeys(variants.values()) or [shared]
    if len(texts) == 1:
        return readable_value(next(iter(texts)))
    return "; ".join(
        f"{readable_value(text)} ({join_names([n for n, own in variants.items() if own == text])})"
        for text in texts
        if text
    )


def key_facts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, text) of the facts beside the buy box; empty without a known size.

    ``values`` come from ``values_of``.
    """
    size = _size_text(values)
    return [(_("Size"), size)] if size else []


def _size_text(values: Mapping[str, Any]) -> str:
    sentences = (
        ("height", _("%s cm tall")),
        ("diameter", _("%s cm across")),
        ("capacity", _("%s ml")),
        ("weight", _("%s g")),
    )
    return ", ".join(
        sentence % f"{values[code]:g}" for code, sentence in sentences if values.get(code)
    )
