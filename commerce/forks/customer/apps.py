from django.urls import URLPattern, URLResolver
from oscar.apps.customer.apps import CustomerConfig as OscarCustomerConfig

from commerce.storefront.urls import customer_urls


class CustomerConfig(OscarCustomerConfig):
    name = "commerce.forks.customer"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return self.post_process_urls(customer_urls(super().get_urls()))
