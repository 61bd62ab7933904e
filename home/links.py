"""Links that editors make to a page, category, product, collection or URL."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from commerce.catalogue.collections import collection_url
from commerce.index.listings import product_url
from commerce.models.cache_tags import card_tag
from commerce.page_cache.dependencies import depends_on
from home.choosers.blocks import (
    CategoryChooserBlock,
    PageChooserBlock,
    ProductChooserBlock,
    SnippetChooserBlock,
)

#: The kinds of target, in the order of the form.
TARGETS = ("page", "category", "product", "collection", "address")


@dataclass(frozen=True)
class Link:
    """A link with its label, for templates."""

    label: str
    url: str


class LinkValue(blocks.StructValue):
    """The value of a link block."""

    @property
    def url(self) -> str:
        """The URL of the target; "" if the target was deleted or unpublished."""
        page, category, product, collection = (self.get(kind) for kind in TARGETS[:4])
        if page is not None:
            return page.url or "" if page.live else ""
        if category is not None:
            return category.get_absolute_url() if category.is_browsable else ""
        if product is not None:
            depends_on(card_tag(product.pk))
            return product_url(product.pk, product.slug) if product.is_public else ""
        if collection is not None:
            return collection_url(collection) if collection.is_public else ""
        return self.get("address") or ""


class LinkBlock(blocks.StructBlock):
    """A link with a label and exactly one target."""

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
        help_text=_("On this site (/search/) or on another one (https://…)."),
        validators=[
            RegexValidator(r"^(/(?!/)|https://|mailto:|#)", _("Begin with / or https://."))
        ],
    )

    class Meta:
        icon = "link"
        label = _("Link")
        value_class = LinkValue

    def clean(self, value: LinkValue) -> LinkValue:
        cleaned = super().clean(value)
        targets = [kind for kind in TARGETS if cleaned.get(kind)]
        label = cleaned.get("label")
        if self.is_optional and not targets and not label:
            return cleaned
        errors = {}
        if len(targets) != 1:
            errors["page"] = ValidationError(_("Choose exactly one target."))
        if not label:
            errors["label"] = ValidationError(_("Enter a label."))
        if errors:
            raise blocks.StructBlockValidationError(block_errors=errors)
        return cleaned


class OptionalLinkBlock(LinkBlock):
    """A link that may be left empty."""

    is_optional = True


def shown_links(values: Iterable[LinkValue]) -> list[Link]:
    """The links whose target exists and is public."""
    return [Link(value["label"], value.url) for value in values if value.url]
