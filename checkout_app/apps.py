"""Oscar's checkout application with our views and addresses."""

from django.urls import URLPattern, URLResolver, path
from oscar.apps.checkout.apps import CheckoutConfig as OscarCheckoutConfig


class CheckoutConfig(OscarCheckoutConfig):
    """The checkout app. It replaces ``oscar.apps.checkout`` under the same label and URL names."""

    name = "checkout_app"
    label = "checkout"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        super().ready()
        # Models are loaded now. Importing captures and invariants registers their functions.
        from checkout_app import receivers  # noqa: F401
        from checkout_app.payments import captures, invariants  # noqa: F401
        from checkout_app.storefront import cards, codes, confirmation, pay, session, views
        from commerce.pricing.voucher_terms import tells_the_buyer

        tells_the_buyer(lambda request: session.Draft(request).buyer())
        self.views, self.pay, self.cards, self.confirmation = views, pay, cards, confirmation
        self.codes = codes

    def get_urls(self) -> list[URLPattern | URLResolver]:
        views, pay, cards, confirmation = self.views, self.pay, self.cards, self.confirmation
        urls = [
            path("", views.IndexView.as_view(), name="index"),
            path("details/", views.ShippingAddressView.as_view(), name="shipping-address"),
            path("delivery/", views.ShippingMethodView.as_view(), name="shipping-method"),
            path("payment-method/", views.PaymentMethodView.as_view(), name="payment-method"),
            path("payment/", views.PaymentDetailsView.as_view(), name="payment-details"),
            path("pay/", pay.PayView.as_view(), name="pay"),
            path("change/", pay.ChangeOrderView.as_view(), name="change"),
            path("return/", confirmation.ReturnView.as_view(), name="return"),
            path("voucher/", self.codes.VoucherView.as_view(), name="voucher"),
            path("preview/", views.PaymentMethodView.as_view(), name="preview"),
            path("card-session/", cards.CardSessionView.as_view(), name="card-session"),
            path("thank-you/", confirmation.ThankYouView.as_view(), name="thank-you"),
        ]
        return self.post_process_urls(urls)
