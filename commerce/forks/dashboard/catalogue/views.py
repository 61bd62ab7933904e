from commerce.dashboard.option_groups import AttributeOptionGroupUpdateView  # noqa: F401
from commerce.dashboard.products import (  # noqa: F401
    ProductCreateUpdateView,
    ProductDeleteView,
    ProductListView,
    ProductLookupView,
)
