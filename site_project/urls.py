"""Every address of the site."""

from django.apps import apps
from django.conf import settings
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_control
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from checkout_app.webhooks import stripe_webhook
from commerce.compare_page import CompareView
from commerce.confirm_link import ConfirmLinkView
from site_project import found, views

urlpatterns = [
    path("webhooks/stripe/", stripe_webhook, name="stripe-webhook"),
    path("demo-gateway/", include("checkout_app.demo_gateway.urls")),
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
    path("robots.txt", found.robots, name="robots"),
    path("sitemap.xml", found.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>.xml", found.sitemap_section, name="sitemap-section"),
    path("feeds/products.xml", found.product_feed, name="product-feed"),
    path("site.webmanifest", found.manifest, name="manifest"),
    path("favicon.ico", found.icon, {"name": "favicon.ico", "content_type": "image/x-icon"}),
    path(
        "apple-touch-icon.png",
        found.icon,
        {"name": "apple-touch-icon.png", "content_type": "image/png"},
    ),
    # One door for everybody: the other login forms lead there.
    path("admin/login/", views.to_login),
    path("dashboard/login/", views.to_login),
    path("dashboard/attention/", include("checkout_app.attention.urls")),
    path("accounts/confirm/<str:key>/", ConfirmLinkView.as_view(), name="confirm-email"),
    path("accounts/", include("allauth.urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("compare/", CompareView.as_view(), name="compare"),
    path("", include(apps.get_app_config("oscar").urls[0])),
]

if not settings.S3_BUCKET:
    # One server is enough for a small shop; in the composed deployment nginx answers these first.
    urlpatterns.append(
        re_path(
            r"^media/(?P<path>.*)$",
            # An image that changes gets another name.
            cache_control(public=True, max_age=30 * 24 * 60 * 60, immutable=True)(serve),
            {"document_root": settings.MEDIA_ROOT},
        )
    )

urlpatterns.append(path("", include(wagtail_urls)))
