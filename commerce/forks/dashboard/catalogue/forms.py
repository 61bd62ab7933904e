from commerce.dashboard.product_forms import (  # noqa: F401
    CategoryForm,
    OptionForm,
    ProductAttributesForm,
    ProductClassForm,
    ProductForm,
    ProductImageForm,
    SetProductPriceForm,
    StockRecordForm,
)
