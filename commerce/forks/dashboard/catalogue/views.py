from commerce.dashboard.option_groups import (  # noqa: F401
    AttributeOptionGroupDeleteView,
    AttributeOptionGroupUpdateView,
)
from commerce.dashboard.products import (  # noqa: F401
    ProductCreateUpdateView,
    ProductDeleteView,
    ProductListView,
    ProductLookupView,
)
