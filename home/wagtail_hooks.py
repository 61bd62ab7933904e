"""Hooks that extend the Wagtail admin. What they register lives in the packages of ``home``."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model
from wagtail import hooks
from wagtail.admin.admin_url_finder import register_admin_url_finder
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.contrib.settings.models import register_setting
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from commerce.models import OutgoingMail, SearchMiss, ShopSettings, User
from commerce.shop_settings.current import current_shop
from home.choosers.views import category_chooser, product_chooser, stockrecord_chooser
from home.edit_link import ProductURLFinder
from home.reports.product_uses import ProductUseView
from home.snippets.shop_group import ShopGroup
from home.staff import user_hooks
from home.staff.menu import PageEditorsMenuItem, StaffMenuItem
from home.staff.read_only import ReadOnlyPolicy

register_permission_policy(OutgoingMail, ReadOnlyPolicy(OutgoingMail))
register_permission_policy(SearchMiss, ReadOnlyPolicy(SearchMiss))
register_snippet(ShopGroup)
register_setting(ShopSettings, icon="cog")
register_admin_url_finder(get_model("catalogue", "Product"), ProductURLFinder)


@hooks.register("register_admin_viewset")
def register_choosers() -> list[ChooserViewSet]:
    return [product_chooser, category_chooser, stockrecord_chooser]


@hooks.register("insert_editor_js")
def preview_search_result() -> str:
    """Preview how a search engine may show the page, below its title and description."""
    return render_to_string(
        "components/search_snippet_script.html", {"shop_name": current_shop().name}
    )


@hooks.register("register_admin_menu_item")
def register_dashboard_link() -> MenuItem:
    return StaffMenuItem(
        _("Shop dashboard"),
        reverse("dashboard:index"),
        name="shop-dashboard",
        icon_name="clipboard-list",
        order=260,
    )


@hooks.register("register_reports_menu_item")
def register_report() -> MenuItem:
    return PageEditorsMenuItem(
        _("Pages that use a product"),
        reverse("product_use_report"),
        name="product-use",
        icon_name="tag",
        order=900,
    )


@hooks.register("register_admin_urls")
def register_report_urls() -> list[URLPattern]:
    return [
        path("reports/product-use/", ProductUseView.as_view(), name="product_use_report"),
        path(
            "reports/product-use/results/",
            ProductUseView.as_view(results_only=True),
            name="product_use_report_results",
        ),
    ]


@hooks.register("after_create_user")
def invite_new_user(request: HttpRequest, user: User) -> None:
    user_hooks.invite_new_user(request, user)


@hooks.register("before_delete_user")
def erase_instead_of_deleting(request: HttpRequest, user: User) -> HttpResponse:
    return user_hooks.erase_instead_of_deleting(request, user)


@hooks.register("before_bulk_action", order=-1)
def check_bulk_action_on_users(
    request: HttpRequest, action_type: str, objects: list[Model], action: Any
) -> None:
    user_hooks.check_bulk_action(request, action_type, objects, action)


@hooks.register("before_bulk_action")
def erase_users_one_by_one(
    request: HttpRequest, action_type: str, objects: list[Model], action: Any
) -> HttpResponse | None:
    return user_hooks.erase_one_by_one(request, action_type, objects, action)
