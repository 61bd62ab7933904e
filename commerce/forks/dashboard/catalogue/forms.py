from commerce.dashboard.product_forms import (  # noqa: F401
    CategoryForm,
    ProductForm,
    ProductImageForm,
    SetProductPriceForm,
    StockRecordForm,
)
