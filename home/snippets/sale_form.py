"""The form of a sale price in the Wagtail admin."""

from typing import Any

from django.utils import timezone
from wagtail.admin.forms import WagtailAdminModelForm


class SalePriceForm(WagtailAdminModelForm):
    """Sets the start of a new sale price to the current minute."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk and not self.initial.get("start"):
            self.initial["start"] = timezone.now().replace(second=0, microsecond=0)
