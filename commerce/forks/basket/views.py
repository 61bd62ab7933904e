from commerce.storefront.basket import (  # noqa: F401
    BasketAddView,
    BasketClearView,
    BasketUndoView,
    BasketView,
    SavedView,
    VoucherAddView,
    VoucherRemoveView,
)
