from commerce.dashboard.product_forms import (  # noqa: F401
    CategoryForm,
    ProductAttributesForm,
    ProductForm,
    ProductImageForm,
    SetProductPriceForm,
    StockRecordForm,
)
