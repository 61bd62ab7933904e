"""Where a link leads: a page, a category, a collection, a product or an address. Used by blocks and navigation."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from commerce.catalogue.collections import collection_url
from commerce.index.listings import product_url
from commerce.page_cache.dependencies import card_tag, depends_on
from home.choosers.blocks import (
    CategoryChooserBlock,
    PageChooserBlock,
    ProductChooserBlock,
    SnippetChooserBlock,
)

#: The kinds of target, in the order in which an editor is offered them.
TARGETS = ("page", "category", "product", "collection", "address")


@dataclass(frozen=True)
class Link:
    """A link as a template prints it."""

    label: str
    url: str


class LinkValue(blocks.StructValue):
    """A link that knows its address; empty where its target was deleted or taken offline."""

    @property
    def url(self):
        page, category, product, collection = (self.get(kind) for kind in TARGETS[:4])
        if page is not None:
            return page.url or "" if page.live else ""
        if category is not None:
            return category.get_absolute_url() if category.is_public else ""
        if product is not None:
            depends_on(card_tag(product.pk))
            return product_url(product.pk, product.slug) if product.is_public else ""
        if collection is not None:
            return collection_url(collection) if collection.is_public else ""
        return self.get("address") or ""


class LinkBlock(blocks.StructBlock):
    """A label and exactly one target."""

    is_optional = False

    label = blocks.CharBlock(required=False, max_length=60, label=_("Label"))
    page = PageChooserBlock(required=False, label=_("Page"))
    category = CategoryChooserBlock(required=False, label=_("Category"))
    product = ProductChooserBlock(required=False, label=_("Product"))
    collection = SnippetChooserBlock(
        "commerce.ProductCollection", required=False, label=_("Collection")
    )
    address = blocks.CharBlock(
        required=False,
        max_length=300,
        label=_("Address"),
        help_text=_("Of this site (/search/) or another one (https://…)."),
        validators=[
            RegexValidator(r"^(/(?!/)|https://|mailto:|#)", _("Begin with / or https://."))
        ],
    )

    class Meta:
        icon = "link"
        label = _("Link")
        value_class = LinkValue

    def clean(self, value):
        cleaned = super().clean(value)
        targets = [kind for kind in TARGETS if cleaned.get(kind)]
        label = cleaned.get("label")
        if self.is_optional and not targets and not label:
            return cleaned
        errors = {}
        if len(targets) != 1:
            errors["page"] = ValidationError(_("Give the link one target, and only one."))
        if not label:
            errors["label"] = ValidationError(_("Give the link a label."))
        if errors:
            raise blocks.StructBlockValidationError(block_errors=errors)
        return cleaned


class OptionalLinkBlock(LinkBlock):
    """A link that may be left out."""

    is_optional = True


def shown_links(values):
    """The links of a stream or list that lead somewhere, as ``Link``."""
    return [Link(value["label"], value.url) for value in values if value.url]
