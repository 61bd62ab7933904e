"""Wagtail's screens for tax classes and the shop's own VAT rates."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from commerce.models import OwnTaxRate, TaxClass
from home.snippets.base_viewsets import NoChooserViewSet


class TaxClassViewSet(NoChooserViewSet):
    """Goods that bear the same rates; product types name their class."""

    model = TaxClass
    icon = "folder-open-inverse"
    menu_label = _("Tax classes")
    list_display = ["__str__", "code"]
    panels = [FieldPanel("name"), FieldPanel("code")]


class OwnTaxRateViewSet(NoChooserViewSet):
    """Rates that apply instead of those that came with the software."""

    model = OwnTaxRate
    icon = "calculator"
    menu_label = _("VAT rates")
    list_display = ["country", "tax_class", "percent", "since", "until"]
    list_filter = ["country", "tax_class"]
    panels = [
        FieldRowPanel([FieldPanel("country"), FieldPanel("tax_class")]),
        FieldPanel("percent"),
        FieldRowPanel([FieldPanel("since"), FieldPanel("until")]),
    ]
