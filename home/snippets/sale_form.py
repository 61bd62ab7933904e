"""The form of a sale price in the Wagtail admin."""

from django.utils import timezone
from wagtail.admin.forms import WagtailAdminModelForm


class SalePriceForm(WagtailAdminModelForm):
    """Begins now unless told otherwise: most sales are meant to."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk and not self.initial.get("start"):
            self.initial["start"] = timezone.now().replace(second=0, microsecond=0)
