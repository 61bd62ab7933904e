"""The form of the shop settings: one page with tabs."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    Panel,
    TabbedInterface,
)

from commerce.models import ShopSettings


def _group(heading: str | Promise, *names: str) -> Panel:
    return MultiFieldPanel([FieldPanel(name) for name in names], heading=heading)


def _rows(heading: str | Promise, *rows: Sequence[str]) -> Panel:
    panels = [FieldRowPanel([FieldPanel(name) for name in row]) for row in rows]
    return MultiFieldPanel(panels, heading=heading)


def _vat() -> ObjectList:
    return ObjectList(
        [
            _rows(_("At home"), ("tax_percent", "tax_rounding")),
            _group(_("In other countries"), "prices_abroad", "oss_since", "tax_registrations"),
        ],
        heading=_("VAT"),
    )


def set_up_form() -> None:
    """Give the settings their form. Called when the app is ready."""
    ShopSettings.edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    _group(_("Shop"), "name", "strapline"),
                    _group(
                        _("Legal identity"),
                        "company", "address", "representative", "register_number", "vat_number",
                    ),
                    _group(_("Contact"), "email", "telephone", "hours"),
                ],
                heading=_("Identity"),
            ),
            ObjectList(
                [
                    FieldPanel("logo"),
                    _rows(
                        _("Colours of light pages"), ("paper", "ink"), ("accent", "sale"),
                    ),
                    _rows(
                        _("Colours of dark pages"),
                        ("paper_dark", "ink_dark"), ("accent_dark", "sale_dark"),
                    ),
                    _rows(_("Fonts"), ("heading_font", "body_font")),
                ],
                heading=_("Look"),
            ),
            ObjectList(
                [
                    _rows(_("Region"), ("country", "currency"), ("language", "time_zone"), ("units", "postcode")),
                    _group(_("Days without dispatch"), "holiday_region", "closed_days"),
                    _rows(_("Orders"), ("order_number_prefix", "max_items")),
                    _rows(_("Downloads"), ("download_days", "download_limit")),
                ],
                heading=_("Region and orders"),
            ),
            _vat(),
            ObjectList(
                [
                    FieldPanel("price_bands"),
                    _rows(_("Words"), ("product_word", "product_word_plural")),
                    _group(
                        _("Product pages"),
                        "facts_label", "facts", "care_attribute", "brand_attribute",
                    ),
                    _rows(_("Drawing to scale"), ("height_attribute", "width_attribute")),
                    _group(
                        _("Texts of empty pages"),
                        "empty_basket_text", "empty_search_text", "not_found_text",
                    ),
                ],
                heading=_("Products and words"),
            ),
        ]
    )  # fmt: skip
