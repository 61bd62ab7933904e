"""What every template knows of the shop."""

from typing import Any

from django.http import HttpRequest

from commerce.shop_settings.current import current_shop


def shop(request: HttpRequest) -> dict[str, Any]:
    """``shop`` has all facts; ``shop_name`` and ``shop_tagline`` are the names that Oscar uses."""
    found = current_shop()
    return {"shop": found, "shop_name": found.name, "shop_tagline": found.strapline}
