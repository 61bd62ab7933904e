"""The URLs of the site."""

from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.views.account import LogoutView
from wagtail.documents import urls as wagtaildocs_urls

from checkout_app.payments.webhooks import stripe_webhook
from checkout_app.storefront.cards import CardsView, NewCardView
from commerce.dashboard.accounts import StaffPasswordResetView, StaffSessionsView
from commerce.dashboard.audit_log import AuditView
from commerce.dashboard.bundles import BundleView
from commerce.dashboard.digital import ProductFilesView
from commerce.dashboard.documents import PackingListView, StaffDocumentView
from commerce.dashboard.exports import ExportListView, ExportView
from commerce.dashboard.imports import (
    ImportListView,
    ImportProgressView,
    ImportReportView,
    ImportSettingsView,
    ImportView,
)
from commerce.dashboard.options import OptionsView, OptionValuesView
from commerce.dashboard.personal_data import StaffGuestPrivacyView, StaffPrivacyView
from commerce.dashboard.price_reasons import OrderPricesView, ProductPricesView
from commerce.dashboard.returns import ReturnDetailView, ReturnListView
from commerce.dashboard.taxes import TaxRatesView, TaxReturnFileView, TaxReturnView
from commerce.dashboard.variants import VariantsView
from commerce.dashboard.withdrawals import WithdrawalDetailView, WithdrawalListView
from commerce.storefront.account_codes import AddressCodeView, AddressView, LoginCodeView
from commerce.storefront.account_factors import (
    DownloadCodesView,
    FactorNeededView,
    PasskeyLoginView,
    RecoveryCodesView,
)
from commerce.storefront.account_picture import PictureFileView, PictureView
from commerce.storefront.account_security import (
    CancelProofView,
    NewPasswordView,
    SecurityView,
    SessionsView,
    SignInAgainView,
)
from commerce.storefront.account_sign_in import AskLoginCodeView, AskNewPasswordView
from commerce.storefront.compare import CompareView
from commerce.storefront.design import design
from commerce.storefront.documents import GuestDocumentView, OrderDocumentView
from commerce.storefront.downloads import DownloadView
from commerce.storefront.guest_orders import FindOrderView, GuestOrderView
from commerce.storefront.personal_data import DataView, StoredView
from commerce.storefront.returns import AccountReturnView, GuestReturnView
from commerce.storefront.withdrawals import WithdrawalReceivedView, WithdrawalView
from home.documents import serve_document
from home.pages.shared_passwords import collection_password, page_password
from home.staff.account_page import AccountView
from home.staff.bulk_actions import bulk_action
from site_project import media, seo, views

handler403 = "site_project.views.refused"

urlpatterns = [
    # /health/live and /health/ready: site_project.health responds before URLs are resolved.
    path("webhooks/stripe/", stripe_webhook, name="stripe-webhook"),
    path("demo-gateway/", include("demo_gateway.urls")),
    path("robots.txt", seo.robots, name="robots"),
    path("sitemap.xml", seo.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>.xml", seo.sitemap_section, name="sitemap-section"),
    path("feeds/products.xml", seo.product_feed, name="product-feed"),
    path("site.webmanifest", seo.manifest, name="manifest"),
    path("shop.css", design, name="design"),
    path("favicon.svg", seo.icon, {"size": 32, "kind": "svg"}, name="favicon"),
    path("favicon.ico", seo.icon, {"size": 32, "kind": "ico"}),
    path("apple-touch-icon.png", seo.icon, {"size": 180, "kind": "png"}),
    path("icon-192.png", seo.icon, {"size": 192, "kind": "png"}),
    path("icon-512.png", seo.icon, {"size": 512, "kind": "png"}, name="icon"),
    # The other sign-in pages redirect to allauth's.
    path("admin/login/", views.to_login, name="admin-login"),
    path("dashboard/login/", views.to_login, name="dashboard-login"),
    path("_util/login/", views.to_login, name="page-login"),
    # Wagtail's own view signs out on GET, too.
    path("admin/logout/", require_POST(LogoutView.as_view()), name="admin-logout"),
    path(
        "admin/bulk/<str:app_label>/<str:model_name>/<str:action>/",
        bulk_action,
        name="wagtail_bulk_action",
    ),
    path("admin/account/", AccountView.as_view(), name="wagtailadmin_account"),
    path("dashboard/payments/", include("checkout_app.dashboard.urls")),
    path("dashboard/variants/<int:pk>/", VariantsView.as_view(), name="staff-variants"),
    path("dashboard/bundles/<int:pk>/", BundleView.as_view(), name="staff-bundle"),
    path("dashboard/files/<int:pk>/", ProductFilesView.as_view(), name="staff-files"),
    path("dashboard/options/<int:pk>/", OptionsView.as_view(), name="staff-options"),
    path(
        "dashboard/options/values/<int:pk>/",
        OptionValuesView.as_view(),
        name="staff-option-values",
    ),
    path("dashboard/imports/", ImportListView.as_view(), name="staff-imports"),
    path("dashboard/imports/<int:pk>/", ImportView.as_view(), name="staff-import"),
    path(
        "dashboard/imports/<int:pk>/settings/",
        ImportSettingsView.as_view(),
        name="staff-import-settings",
    ),
    path(
        "dashboard/imports/<int:pk>/progress/",
        ImportProgressView.as_view(),
        name="staff-import-progress",
    ),
    path(
        "dashboard/imports/<int:pk>/report.csv",
        ImportReportView.as_view(),
        name="staff-import-report",
    ),
    path("dashboard/exports/", ExportListView.as_view(), name="staff-exports"),
    path(
        "dashboard/exports/<slug:kind>/<slug:format>.<slug:ending>",
        ExportView.as_view(),
        name="staff-export",
    ),
    path("dashboard/vat/", TaxReturnView.as_view(), name="staff-tax-return"),
    path("dashboard/vat/return.csv", TaxReturnFileView.as_view(), name="staff-tax-return-file"),
    path("dashboard/vat/rates/", TaxRatesView.as_view(), name="staff-tax-rates"),
    path("dashboard/prices/<int:pk>/", ProductPricesView.as_view(), name="staff-prices"),
    path(
        "dashboard/prices/orders/<str:number>/",
        OrderPricesView.as_view(),
        name="staff-order-prices",
    ),
    path("dashboard/returns/", ReturnListView.as_view(), name="staff-returns"),
    path("dashboard/returns/<str:number>/", ReturnDetailView.as_view(), name="staff-return"),
    path("dashboard/withdrawals/", WithdrawalListView.as_view(), name="staff-withdrawals"),
    path(
        "dashboard/withdrawals/<str:number>/",
        WithdrawalDetailView.as_view(),
        name="staff-withdrawal",
    ),
    path("dashboard/faults/", include("demo_gateway.dashboard_urls")),
    path("dashboard/attention/", include("checkout_app.dashboard.work_queue_urls")),
    # Before Oscar's view, whose mail would link to the host of the Host header.
    path(
        "dashboard/users/<int:pk>/password-reset/",
        StaffPasswordResetView.as_view(),
        name="staff-user-password-reset",
    ),
    path(
        "dashboard/users/<int:pk>/sessions/",
        StaffSessionsView.as_view(),
        name="staff-user-sessions",
    ),
    path(
        "dashboard/users/<int:pk>/privacy/",
        StaffPrivacyView.as_view(),
        name="staff-user-privacy",
    ),
    path("dashboard/privacy/", StaffGuestPrivacyView.as_view(), name="staff-privacy"),
    path("dashboard/audit/", AuditView.as_view(), name="audit-log"),
    path(
        "dashboard/orders/<str:order>/packing-slip.pdf",
        PackingListView.as_view(),
        name="packing-list",
    ),
    path(
        "dashboard/orders/<str:order>/documents/<str:number>.pdf",
        StaffDocumentView.as_view(),
        name="staff-document",
    ),
    path(
        "accounts/orders/<str:order>/documents/<str:number>.pdf",
        OrderDocumentView.as_view(),
        name="order-document",
    ),
    # Before allauth's views at these URLs.
    path("accounts/2fa/", SecurityView.as_view(), name="account-security"),
    path("accounts/2fa/needed/", FactorNeededView.as_view(), name="account-factor-needed"),
    path("accounts/2fa/recovery-codes/", RecoveryCodesView.as_view(), name="account-codes"),
    path(
        "accounts/2fa/recovery-codes/download/",
        DownloadCodesView.as_view(),
        name="account-codes-download",
    ),
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="account-security")),
    path("accounts/2fa/webauthn/login/", PasskeyLoginView.as_view(), name="account-passkey"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        NewPasswordView.as_view(),
    ),
    path("accounts/password/reset/", AskNewPasswordView.as_view()),
    path("accounts/login/code/", AskLoginCodeView.as_view()),
    path("accounts/login/code/confirm/", LoginCodeView.as_view()),
    path("accounts/confirm-email/", AddressCodeView.as_view()),
    path("accounts/email/", AddressView.as_view()),
    path("accounts/picture/", PictureView.as_view(), name="account-picture"),
    path(
        "accounts/picture/<str:name>.webp", PictureFileView.as_view(), name="account-picture-file"
    ),
    path("accounts/sign-in-again/", SignInAgainView.as_view(), name="account-sign-in-again"),
    path("accounts/not-now/", CancelProofView.as_view(), name="account-cancel-proof"),
    path("accounts/data/", DataView.as_view(), name="account-data"),
    path("accounts/sessions/", SessionsView.as_view(), name="account-sessions"),
    path("accounts/cards/", CardsView.as_view(), name="account-cards"),
    path("accounts/cards/new/", NewCardView.as_view(), name="account-new-card"),
    path("find-my-order/", FindOrderView.as_view(), name="find-order"),
    path("download/<str:token>/", DownloadView.as_view(), name="download"),
    path("your-order/<str:token>/", GuestOrderView.as_view(), name="guest-order"),
    path(
        "your-order/<str:token>/documents/<str:number>.pdf",
        GuestDocumentView.as_view(),
        name="guest-document",
    ),
    path("your-order/<str:token>/return/", GuestReturnView.as_view(), name="guest-return"),
    path(
        "accounts/orders/<str:order_number>/return/",
        AccountReturnView.as_view(),
        name="order-return",
    ),
    path("cookies/", StoredView.as_view(), name="stored"),
    path("withdraw/", WithdrawalView.as_view(), name="withdrawal"),
    path(
        "withdraw/received/<str:token>/",
        WithdrawalReceivedView.as_view(),
        name="withdrawal-received",
    ),
    path("accounts/", include("allauth.urls")),
    path("admin/", include(wagtailadmin_urls)),
    # Our view responds; Wagtail's templates need the URL names that follow.
    re_path(r"^documents/(\d+)/(.*)$", serve_document, name="document"),
    path("documents/authenticate_with_password/<int:restriction_id>/", collection_password),
    path("documents/", include(wagtaildocs_urls)),
    path(
        "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/",
        page_password,
    ),
    path("compare/", CompareView.as_view(), name="compare"),
    path("", include(cast(Any, apps.get_app_config("oscar")).urls[0])),
]

if settings.HAS_OWN_MEDIA:
    # For a small shop on one server; in the composed deployment nginx serves these files.
    urlpatterns.append(re_path(media.ROUTE, media.serve_photograph, name="media"))

urlpatterns.append(path("", include(wagtail_urls)))
