from commerce.dashboard.catalogue_formsets import (  # noqa: F401
    AttributeOptionFormSet,
    ProductAttributesFormSet,
    ProductImageFormSet,
)
