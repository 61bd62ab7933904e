"""Loads the demo's shop settings."""

from typing import Any

from oscar.core.loading import get_model

from commerce.models import ShopSettings
from demo import files


def load_shop_settings() -> None:
    """Fill in the settings that staff have not set."""
    row: Any = ShopSettings.objects.order_by("pk").first() or ShopSettings()
    given = files.read("shop_settings")
    for name, value in given.items():
        if name == "country":
            if row.country_id is None and get_model("address", "Country").objects.filter(pk=value):
                row.country_id = value
        elif name == "facts":
            if not row.facts:
                row.facts = [("fact", {"attribute": code, "text": text}) for code, text in value]
        elif not getattr(row, name):
            setattr(row, name, value.strip())
    row.full_clean()
    row.save()
