"""How often products are looked at, for the dashboard's reports: counted in the process, from kept pages
too, and written down by a thread. Oscar writes at each view, which stops the page on SQLite."""

from django.db.models import F
from oscar.core.loading import get_model

from commerce.buffered_counters import Tally


def note_view(product_id):
    """Count one look at a product's page. Writes nothing now."""
    _views.note(product_id)


def flush_views():
    """Write down what was counted in this process; returns how many products that were."""
    return _views.flush()


def _write(counted):
    ProductRecord = get_model("analytics", "ProductRecord")
    products = get_model("catalogue", "Product").objects.filter(pk__in=counted)
    for pk in sorted(products.values_list("pk", flat=True)):  # in one order: writers must not cross
        rows = ProductRecord.objects.filter(product=pk)
        if not rows.update(num_views=F("num_views") + counted[pk]):
            ProductRecord.objects.get_or_create(product_id=pk)
            rows.update(num_views=F("num_views") + counted[pk])


_views = Tally(_write, most=20_000)
