from django.urls import URLPattern, URLResolver
from oscar.apps.basket.apps import BasketConfig as OscarBasketConfig

from commerce.storefront.urls import basket_urls


class BasketConfig(OscarBasketConfig):
    name = "commerce.forks.basket"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return self.post_process_urls(basket_urls()) + super().get_urls()
