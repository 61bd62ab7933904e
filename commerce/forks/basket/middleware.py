from commerce.storefront.basket_middleware import BasketMiddleware  # noqa: F401
