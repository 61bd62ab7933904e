"""What a product's page says beside the buy box, what it says of care, and its address."""

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from commerce.index.listings import product_url

#: The attribute with words on care: a part of the page by itself, and no row of a table.
CARE = "care"


def product_page_url(product):
    """The address that shows a product; a variant is shown on its parent's page, chosen."""
    shown = product.parent or product
    url = product_url(shown.pk, shown.slug)
    return f"{url}?variant={product.pk}" if product.parent_id else url


def attribute_rows(product_ids):
    """The values of products' attributes, in the order of the attributes.

    One query, and one each for their attributes and options: where they are joined, MariaDB may begin
    with those few and read all their values.
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
        if is_whole and row.attribute_id in attributes:  # Else it was deleted meanwhile.
            row.attribute = attributes[row.attribute_id]
            row.value_option = options.get(row.value_option_id)
            found.append(row)
    return found


def values_of(rows):
    """The rows of one product as ``{code: value}``."""
    return {row.attribute.code: row.value for row in rows}


def options_in(rows, variant_ids):
    """The codes of the attributes that tell these variants apart, of ``attribute_rows``."""
    return {
        row.attribute.code
        for row in rows
        if row.product_id in variant_ids and row.attribute.type == row.attribute.OPTION
    }


def as_people_write(text):
    """An attribute's text for reading: Yes and No, 21 instead of 21.0."""
    words = {"True": _("Yes"), "False": _("No")}
    return words.get(text) or str(text).removesuffix(".0")


def in_a_row(names):
    """Names as a sentence holds them: "Oat, Slate and Marsh"."""
    if len(names) == 1:
        return names[0]
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def text_of_family(box, code, by_code):
    """One attribute's text; where variants differ, each text with those that it holds for.

    ``box`` is a buy box (``product_page``), ``by_code`` is ``{product_id: {code: text}}`` of its product
    and variants. A variant's own value stands in front of its product's, as it does everywhere in Oscar.
    """
    shared = by_code[box.product_id].get(code, "")
    variants = {v.name: by_code[v.product_id].get(code, shared) for v in box.variants}
    texts = dict.fromkeys(variants.values()) or [shared]
    if len(texts) == 1:
        return as_people_write(next(iter(texts)))
    return "; ".join(
        f"{as_people_write(text)} ({in_a_row([n for n, own in variants.items() if own == text])})"
        for text in texts
        if text
    )


def key_facts(values):
    """(name, text) of what stands beside the buy box; nothing where no size is known.

    ``values`` are those of ``values_of``.
    """
    size = _size_text(values)
    return [(_("Size"), size)] if size else []


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
