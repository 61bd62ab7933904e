from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, path
from oscar.apps.basket.apps import BasketConfig as OscarBasketConfig
from oscar.core.loading import get_class


class BasketConfig(OscarBasketConfig):
    name = "commerce.forks.basket"

    def ready(self) -> None:
        super().ready()
        self.clear_view = get_class("basket.views", "BasketClearView")
        self.undo_view = get_class("basket.views", "BasketUndoView")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        urls = [
            path("", self.summary_view.as_view(), name="summary"),
            path("add/<int:pk>/", self.add_view.as_view(), name="add"),
            path("clear/", self.clear_view.as_view(), name="clear"),
            path("undo/", self.undo_view.as_view(), name="undo"),
            path("vouchers/add/", self.add_voucher_view.as_view(), name="vouchers-add"),
            path(
                "vouchers/<int:pk>/remove/",
                self.remove_voucher_view.as_view(),
                name="vouchers-remove",
            ),
            path("saved/", login_required(self.saved_view.as_view()), name="saved"),
        ]
        return self.post_process_urls(urls)
