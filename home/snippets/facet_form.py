"""The form of a facet in the Wagtail admin."""

from typing import Any

from wagtail.admin.forms import WagtailAdminModelForm


def name_with_type(attribute: Any) -> str:
    """An attribute with its product type, "Colour (Shirt)": each type may have one of this name."""
    kind = attribute.product_class
    return f"{attribute.name} ({kind.name})" if kind else attribute.name


class FacetForm(WagtailAdminModelForm):
    """Names the product type of each attribute, and sorts attributes of one name together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["attribute"]
        rows = field.queryset.select_related("product_class")
        field.queryset = rows.order_by("name", "product_class__name", "pk")
        field.label_from_instance = name_with_type
