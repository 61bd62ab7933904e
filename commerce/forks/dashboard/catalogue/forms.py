from commerce.dashboard.product_forms import (  # noqa: F401
    CategoryForm,
    OptionForm,
    ProductAttributesForm,
    ProductClassForm,
    ProductForm,
    SetProductPriceForm,
    StockRecordForm,
)
from commerce.dashboard.product_image_forms import ProductImageForm  # noqa: F401
