from oscar.apps.dashboard.catalogue.forms import *
from oscar.apps.dashboard.catalogue.forms import StockRecordForm as OscarStockRecordForm


class StockRecordForm(OscarStockRecordForm):
    """Asks for the supplier only where there is more than one to choose from."""

    def __init__(self, product_class, user, *args, **kwargs):
        super().__init__(product_class, user, *args, **kwargs)
        partners = list(self.fields["partner"].queryset[:2])
        if len(partners) == 1:
            self.fields["partner"].initial = partners[0].pk
            self.fields["partner"].empty_label = None
