from commerce.storefront.account_forms import (  # noqa: F401
    AddressForm,
    ConfirmDeletionForm,
    ProductAlertForm,
    ProfileForm,
)
