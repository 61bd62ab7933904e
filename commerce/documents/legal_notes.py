"""The sentences about tax that the law wants on an invoice or a credit note."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from commerce.tax import Relief, rate_in


def legal_notes(facts: Mapping[str, Any]) -> list[str]:
    """Why a document has no VAT, and the VAT number of a business, in the document's language."""
    reliefs = {rate.relief for row in facts["rates"] if (rate := rate_in(row.get("code")))}
    notes = {
        Relief.EXPORT: _("Zero-rated: export of goods."),
        Relief.REVERSE: _(
            "Reverse charge: the customer accounts for the VAT (articles 138 and 196 of Directive"
            " 2006/112/EC)."
        ),
        Relief.OUTSIDE: _("Not subject to VAT: supplied where the customer is established."),
    }
    found = [text for relief, text in notes.items() if relief in reliefs]
    if number := facts.get("customer_vat_number"):
        found.append(_("Customer’s VAT number: %(number)s") % {"number": number})
    return found
