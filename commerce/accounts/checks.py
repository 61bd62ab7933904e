"""System checks of accounts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from commerce.demonstration import is_demonstration


@register(Tags.security)
def check_second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Anyone who can refund money needs more than a password."""
    if settings.STAFF_SECOND_FACTOR or is_demonstration():
        return []
    return [
        Error(
            "STAFF_SECOND_FACTOR=off is for shops with the demo gateway only: elsewhere "
            "everybody with access to the dashboard needs a second factor.",
            id="vitrine.E021",
        )
    ]
