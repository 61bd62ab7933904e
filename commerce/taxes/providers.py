"""The interface to a service that knows tax rates by address, such as those of US states and counties.

``TAX_PROVIDER`` names the class by its dotted path. The one that comes with the software knows nothing, so
that rates come from the tables.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string

from commerce.taxes.treatments import Destination


class TaxProvider:
    """Rates by address. Subclass it and name the subclass in ``TAX_PROVIDER``."""

    def percent(self, destination: Destination, tax_class: str, on: date) -> Decimal | None:
        """The rate in per cent that goods of a class bear at a destination on a day.

        None if the tables of the shop decide. Called for every line while a basket is priced, so an
        implementation asks its service once per destination and remembers the answer for a short time.
        Raises TaxUnavailable if the service cannot answer: nothing is sold with a guessed tax.
        """
        return None


@lru_cache(maxsize=4)
def _provider(path: str) -> TaxProvider:
    return import_string(path)()  # type: ignore[no-any-return]


def tax_provider() -> TaxProvider:
    """The provider of the settings."""
    return _provider(settings.TAX_PROVIDER)
