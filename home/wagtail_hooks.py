"""What the Wagtail admin shows beyond Wagtail's own: choosers, snippets, a report, a way to the shop."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model
from wagtail import hooks
from wagtail.admin.admin_url_finder import register_admin_url_finder
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    TitleFieldPanel,
)
from wagtail.admin.ui.tables import Column
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import page_permission_policy, register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import (
    CreateView,
    IndexView,
    InspectView,
    SnippetViewSet,
    SnippetViewSetGroup,
)

from commerce.accounts.invitations import invite
from commerce.catalogue.collections import cards_in
from commerce.models import (
    DeliveryMethod,
    FacetAttribute,
    OutgoingMail,
    ProductCollection,
    PromotedResult,
    Retirement,
    SalePrice,
    SearchMiss,
    SearchSynonym,
)
from commerce.requests import parse_pk
from home.choosers.views import category_chooser, product_chooser, stockrecord_chooser
from home.models import Banner, ProductStory
from home.reports.product_uses import ProductUseView
from home.reports.search_misses import AddSynonymColumn, FoundNowColumn, SynonymAddView
from home.snippets.collection_form import ProductCollectionForm
from home.snippets.sale_form import SalePriceForm
from home.staff.bulk_actions import OffersWhatMayBeDone
from home.staff.people import before_bulk_action


class ReadOnlyPolicy(ModelPermissionPolicy):
    """Lets people look who may view the model; nobody adds, changes or deletes."""

    def _may(self, actions):
        return [action for action in actions if action == "view"]

    def user_has_permission(self, user, action):
        return action == "view" and super().user_has_permission(user, action)

    def user_has_any_permission(self, user, actions):
        return any(self.user_has_permission(user, action) for action in self._may(actions))


register_permission_policy(OutgoingMail, ReadOnlyPolicy(OutgoingMail))
register_permission_policy(SearchMiss, ReadOnlyPolicy(SearchMiss))


@hooks.register("register_admin_viewset")
def register_choosers():
    return [product_chooser, category_chooser, stockrecord_chooser]


class SnippetListView(OffersWhatMayBeDone, IndexView):
    """Wagtail's list of snippets."""


class ListedViewSet(SnippetViewSet):
    """A snippet that nothing chooses: Wagtail's chooser would show it to every account of the staff."""

    index_view_class = SnippetListView

    def register_chooser_viewset(self):
        """No chooser, so no address of one."""


class BannerViewSet(SnippetViewSet):
    """Banners, written once and placed on several pages."""

    model = Banner
    index_view_class = SnippetListView
    icon = "pick"
    list_display = ["heading", "text", "live"]
    search_fields = ["heading", "text"]


class ProductStoryViewSet(ListedViewSet):
    """The stories on products' pages."""

    model = ProductStory
    icon = "openquote"
    list_display = ["product", "live"]
    search_fields = ["product__title"]


class SalePriceViewSet(ListedViewSet):
    """Sale prices with their windows."""

    model = SalePrice
    icon = "tag"
    list_display = ["stockrecord", "price", "start", "until"]
    ordering = ["-start"]
    search_fields = ["stockrecord__partner_sku", "stockrecord__product__title"]
    edit_handler = ObjectList(
        [
            FieldPanel("stockrecord"),
            FieldPanel("price"),
            FieldRowPanel([FieldPanel("start"), FieldPanel("until")]),
        ],
        base_form_class=SalePriceForm,
    )

    def get_queryset(self, request):
        return SalePrice.objects.select_related("stockrecord__product", "stockrecord__partner")


class RetirementAddView(CreateView):
    """About the product that ``?product=`` names: the dashboard leads here from its page."""

    def get_initial(self):
        products = get_model("catalogue", "Product").objects.filter(parent=None)
        product = products.filter(pk=parse_pk(self.request.GET.get("product", ""))).first()
        return {**super().get_initial(), **({"product": product} if product else {})}

    def get_page_subtitle(self):
        subtitle, product = super().get_page_subtitle(), self.get_initial().get("product")
        return f"{subtitle}: {product.title}" if product else subtitle


class RetirementViewSet(ListedViewSet):
    """Products that are no longer made, and where their addresses lead."""

    model = Retirement
    add_view_class = RetirementAddView
    icon = "bin"
    menu_label = _("Retired products")
    list_display = ["product", "replacement", "created_at"]
    ordering = ["-created_at"]
    search_fields = ["product__title", "replacement__title"]
    panels = [FieldPanel("product"), FieldPanel("replacement")]

    def get_queryset(self, request):
        return Retirement.objects.select_related("product", "replacement")


class ProductCollectionViewSet(SnippetViewSet):
    """Lists by a rule, with a page of their own and as blocks on others."""

    model = ProductCollection
    index_view_class = SnippetListView
    icon = "list-ul"
    list_display = [
        "title",
        Column("pieces", label=_("Pieces now"), accessor=lambda row: cards_in(row, count=0)[1]),
        "is_public",
    ]
    search_fields = ["title"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    TitleFieldPanel("title", targets=["slug"]),
                    FieldPanel("slug"),
                    FieldPanel("description"),
                ],
                heading=_("Name"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("category"),
                    FieldPanel("product_class"),
                    FieldRowPanel([FieldPanel("price_from"), FieldPanel("price_to")]),
                    FieldRowPanel([FieldPanel("is_in_stock"), FieldPanel("is_on_sale")]),
                    FieldPanel("values"),
                ],
                heading=_("What a piece must be"),
            ),
            FieldRowPanel([FieldPanel("sort"), FieldPanel("is_public")]),
        ],
        base_form_class=ProductCollectionForm,
    )


class FacetAttributeViewSet(ListedViewSet):
    """Which attributes lists can be filtered by."""

    model = FacetAttribute
    icon = "list-ul"
    list_display = ["attribute", "position"]
    panels = [FieldPanel("attribute"), FieldPanel("position")]
    add_to_reference_index = False


class SearchSynonymViewSet(ListedViewSet):
    """Words that find the same pieces."""

    model = SearchSynonym
    add_view_class = SynonymAddView
    icon = "search"
    list_display = ["words"]
    search_fields = ["words"]
    panels = [FieldPanel("words")]


class SearchMissViewSet(ListedViewSet):
    """What shoppers looked for in vain. To be looked at only."""

    model = SearchMiss
    icon = "warning"
    list_display = [
        "words",
        "count",
        "last_at",
        FoundNowColumn("found_now", label=_("Finds now"), accessor="words"),
        AddSynonymColumn("add_synonym", label="", accessor="words"),
    ]
    search_fields = ["words"]
    add_to_reference_index = False


class PromotedResultViewSet(ListedViewSet):
    """What comes first for a search."""

    model = PromotedResult
    icon = "pick"
    list_display = ["query", "product", "position"]
    search_fields = ["query", "product__title"]
    panels = [FieldPanel("query"), FieldPanel("product"), FieldPanel("position")]
    add_to_reference_index = False


class DeliveryMethodViewSet(ListedViewSet):
    """How orders reach their customers."""

    model = DeliveryMethod
    icon = "mail"
    list_display = ["name", "price", "free_over", "min_days", "max_days", "is_active"]
    panels = [
        MultiFieldPanel(
            [FieldPanel("name"), FieldPanel("code"), FieldPanel("description")], heading=_("Name")
        ),
        FieldRowPanel([FieldPanel("price"), FieldPanel("free_over")], heading=_("What it costs")),
        FieldRowPanel(
            [FieldPanel("min_days"), FieldPanel("max_days"), FieldPanel("cutoff_hour")],
            heading=_("How long it takes"),
        ),
        FieldPanel("countries"),
        FieldRowPanel([FieldPanel("position"), FieldPanel("is_active")]),
    ]


class MailInspectView(InspectView):
    """One mail. What its reader alone may know is not there."""

    def get_object(self, queryset=None):
        return get_object_or_404(OutgoingMail.objects.for_staff(), pk=self.pk)


class OutgoingMailViewSet(ListedViewSet):
    """Mail that waits, was sent, or was parked because it needs a person. To be looked at only."""

    model = OutgoingMail
    icon = "mail"
    menu_label = _("Outgoing mail")
    list_display = ["subject", "to", "state", "attempts", "created_at", "sent_at"]
    list_filter = ["state"]
    search_fields = ["to", "subject", "key"]
    inspect_view_enabled = True
    inspect_view_class = MailInspectView
    inspect_view_fields = [
        "subject", "to", "state", "attempts", "next_attempt_at", "last_error",
        "created_at", "sent_at", "text_for_staff",
    ]  # fmt: skip
    add_to_reference_index = False

    def get_queryset(self, request):
        return OutgoingMail.objects.for_staff()


class ShopGroup(SnippetViewSetGroup):
    """The shop's side of the menu."""

    menu_label = _("Shop")
    menu_icon = "tag"
    menu_order = 250
    items = [
        ProductStoryViewSet,
        BannerViewSet,
        ProductCollectionViewSet,
        SalePriceViewSet,
        RetirementViewSet,
        FacetAttributeViewSet,
        SearchSynonymViewSet,
        PromotedResultViewSet,
        SearchMissViewSet,
        DeliveryMethodViewSet,
        OutgoingMailViewSet,
    ]


register_snippet(ShopGroup)


@hooks.register("insert_editor_js")
def show_search_snippet():
    """Below a page's title and description for search engines: how they may look there."""
    return render_to_string(
        "components/search_snippet_script.html", {"shop_name": settings.SITE_NAME}
    )


class StaffMenuItem(MenuItem):
    """Shown to those who can open what it leads to."""

    def is_shown(self, request):
        return request.user.is_staff


@hooks.register("register_admin_menu_item")
def register_dashboard_link():
    return StaffMenuItem(
        _("Shop dashboard"),
        reverse("dashboard:index"),
        name="shop-dashboard",
        icon_name="clipboard-list",
        order=260,
    )


@hooks.register("register_admin_urls")
def register_report_urls():
    return [
        path("reports/product-use/", ProductUseView.as_view(), name="product_use_report"),
        path(
            "reports/product-use/results/",
            ProductUseView.as_view(results_only=True),
            name="product_use_report_results",
        ),
    ]


@hooks.register("after_create_user")
def invite_new_user(request, user):
    """A new account has no password: its owner is sent a link to choose one."""
    invite(request, user)
    messages.success(request, _("A link to choose a password is on its way to %s.") % user.email)


ONE_WAY_TO_DELETE = _(
    "People are deleted here, with their personal data: what the law asks the shop to keep stays "
    "without their name."
)


@hooks.register("before_delete_user")
def erase_instead_of_deleting(request, user):
    """Lead to the page that erases a person: deleting the row alone would leave their data behind."""
    messages.info(request, ONE_WAY_TO_DELETE)
    return redirect("staff-user-privacy", pk=user.pk)


@hooks.register("before_bulk_action", order=-1)
def check_bulk_action_on_people(request, action_type, objects, action):
    """Who may act on whom, and the audit log, before Wagtail acts on chosen people."""
    if issubclass(action.model, get_user_model()):
        before_bulk_action(request, action_type, objects, action)


@hooks.register("before_bulk_action")
def erase_instead_of_deleting_many(request, action_type, objects, action):
    """The same for people chosen in the list; several are erased one by one."""
    if action_type != "delete" or not issubclass(action.model, get_user_model()) or not objects:
        return None
    if len(objects) == 1:
        return erase_instead_of_deleting(request, objects[0])
    messages.info(request, _("Delete people one by one: each is asked about on a page of its own."))
    return redirect("wagtailusers_users:index")


class PagesMenuItem(MenuItem):
    """Shown to those who may do something with pages: the report asks for that."""

    def is_shown(self, request):
        return page_permission_policy.user_has_any_permission(
            request.user, ["add", "change", "publish"]
        )


@hooks.register("register_reports_menu_item")
def register_report():
    return PagesMenuItem(
        _("Pages that use a product"),
        reverse("product_use_report"),
        name="product-use",
        icon_name="tag",
        order=900,
    )


class _ProductURLFinder:
    """Leads from a chosen product to its place in the dashboard."""

    def __init__(self, user):
        self.user = user

    def get_edit_url(self, instance):
        if not self.user or not self.user.has_perm("catalogue.change_product"):
            return None
        return reverse("dashboard:catalogue-product", kwargs={"pk": instance.pk})


register_admin_url_finder(get_model("catalogue", "Product"), _ProductURLFinder)
