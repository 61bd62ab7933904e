from commerce.storefront.basket_forms import AddToBasketForm, SimpleAddToBasketForm  # noqa: F401
