"""The rows of the permission table for everything under ``/admin/``.

Wagtail asks for permissions itself; these rows are asked before, so that a view which asks for nothing
but the way in (its choosers do) is not open to every account of the staff, and a new one to nobody.
"""

from django.apps import apps
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection
from wagtail.permissions import policy_registry

from commerce.dashboard.permissions import Access, Condition, any_of, look, nobody, send

#: Snippets that pages and forms choose. No other model has a chooser (see home.wagtail_hooks).
CHOSEN_SNIPPETS = {"commerce_productcollection", "home_banner"}


def _policy_condition(model_getter, *actions: str) -> Condition:
    """Holds for who may do one of these to anything of a model that Wagtail keeps a policy for."""

    def holds(user) -> bool:
        policy = policy_registry.get_by_type(model_getter())
        return policy.user_has_any_permission(user, actions)

    return holds


def _page_model():
    return apps.get_model("wagtailcore", "Page")


PAGES = _policy_condition(_page_model, "add", "change", "publish", "bulk_delete", "lock", "unlock")
UNLOCK_PAGES = _policy_condition(_page_model, "unlock")
IMAGES = _policy_condition(get_image_model, "add", "change", "delete")
CHOOSE_IMAGES = _policy_condition(get_image_model, "choose", "add", "change")
ADD_IMAGES = _policy_condition(get_image_model, "add")
DOCUMENTS = _policy_condition(get_document_model, "add", "change", "delete")
CHOOSE_DOCUMENTS = _policy_condition(get_document_model, "choose", "add", "change")
ADD_DOCUMENTS = _policy_condition(get_document_model, "add")
COLLECTIONS = _policy_condition(lambda: Collection, "add", "change", "delete")
#: Who writes rich text, or follows a link to a page in a form.
WRITERS = any_of(
    PAGES, "home.change_productstory", "home.change_banner", "home.change_sitesettings"
)
CHOOSE_PRODUCTS = any_of(WRITERS, "commerce.change_retirement", "commerce.change_promotedresult")

#: The views of a viewset, and what each does to its model.
VIEWED = ("list", "list_results", "index", "index_results", "history", "history_results", "usage",
          "inspect")  # fmt: skip
WRITTEN = {"add": "add", "copy": "add", "edit": "change", "delete": "delete"}
#: The same for what has drafts.
VIEWED_DRAFTS = ("workflow_history", "workflow_history_detail", "revisions_compare",
                 "revisions_view")  # fmt: skip
WRITTEN_DRAFTS = {
    "preview_on_add": "add",
    "preview_on_edit": "change",
    "revisions_revert": "change",
}
PUBLISHED = ("unpublish", "revisions_unschedule", "workflow_action", "collect_workflow_action_data",
             "confirm_workflow_cancellation", "workflow_preview", "lock", "unlock")  # fmt: skip


def _viewset(namespace: str, model: str, *, has_drafts: bool = False) -> dict:
    """Rows of a list with its forms: read by who may do anything to the model."""
    label, _dot, name = model.partition(".")
    read = any_of(*(f"{label}.{action}_{name}" for action in ("view", "add", "change", "delete")))
    views = (*VIEWED, *VIEWED_DRAFTS) if has_drafts else VIEWED
    rows = {f"{namespace}:{view}": look(read) for view in views}
    for view, action in (WRITTEN | (WRITTEN_DRAFTS if has_drafts else {})).items():
        wanted = f"{label}.{action}_{name}"
        rows[f"{namespace}:{view}"] = send(wanted)
    if has_drafts:
        publish = any_of(f"{label}.publish_{name}", f"{label}.change_{name}")
        rows |= {f"{namespace}:{view}": send(publish) for view in PUBLISHED}
    return rows


def _chooser(namespace: str, may_choose: Condition, may_create: Condition = nobody) -> dict:
    """Rows of a chooser: read by who may choose, and filled by who may create."""
    return {
        f"{namespace}:*": look(may_choose),
        f"{namespace}:create": send(may_create),
    }


def _snippets() -> dict:
    rows = {}
    for model in ("banner", "productstory"):
        rows |= _viewset(f"wagtailsnippets_home_{model}", f"home.{model}", has_drafts=True)
    for model in (
        "saleprice", "retirement", "productcollection", "facetattribute", "searchsynonym",
        "promotedresult", "searchmiss", "deliverymethod", "outgoingmail",
    ):  # fmt: skip
        rows |= _viewset(f"wagtailsnippets_commerce_{model}", f"commerce.{model}")
    # What is only looked at has no form, whatever permission somebody was given.
    for model in ("searchmiss", "outgoingmail"):
        rows |= {
            f"wagtailsnippets_commerce_{model}:{view}": Access(view=(nobody,)) for view in WRITTEN
        }
    return rows


_ENTRY = {
    "admin-login": Access(is_public=True),
    "wagtailadmin_login": Access(is_public=True),
    "wagtailadmin_home": look(),
    "admin-logout": Access(change=()),
    "wagtailadmin_logout": Access(change=()),
    "wagtailadmin_account": Access(change=()),
    "wagtailadmin_dismissibles": Access(change=()),
    "wagtailadmin_sprite": look(),
    "wagtailadmin_javascript_catalog": look(),
    "wagtailsnippets:index": look(),
    # What nothing leads to is "not found" for staff, as elsewhere.
    "admin/.*/$": look(),
    # Who edits a thing pings its session; Wagtail asks for the permission to edit that thing.
    "wagtailadmin_editing_sessions:ping": Access(change=()),
    "wagtailadmin_editing_sessions:release": Access(change=()),
}

_PAGES = {
    "wagtailadmin_explore_root": look(PAGES),
    "wagtailadmin_explore": look(PAGES),
    "wagtailadmin_explore_results": look(PAGES),
    "wagtailadmin_pages:*": send(PAGES),
    "wagtailadmin_api:pages:*": Access(view=(WRITERS,), change=(PAGES,)),
    "wagtailadmin_api:images:*": look(CHOOSE_IMAGES),
    "wagtailadmin_api:documents:*": look(CHOOSE_DOCUMENTS),
    "wagtailadmin_block_preview": send(PAGES),
    "wagtail_bulk_action": Access(
        view=(any_of(PAGES, IMAGES, DOCUMENTS, "commerce.change_user"),), change=()
    ),
    "wagtailadmin_choose_page*": Access(
        view=(any_of(WRITERS, "wagtailredirects.change_redirect"),), change=()
    ),
    "wagtailadmin_tag_autocomplete": look(any_of(PAGES, IMAGES, DOCUMENTS)),
    "wagtailadmin_tag_model_autocomplete": look(any_of(PAGES, IMAGES, DOCUMENTS)),
    "wagtailadmin_collections:*": send(COLLECTIONS),
    "wagtailadmin_workflows:*": Access(
        view=(any_of("wagtailcore.add_workflow", "wagtailcore.change_workflow"),), change=()
    ),
    "wagtailadmin_reports:*": look(PAGES),
    "wagtailadmin_reports:locked_pages*": look(UNLOCK_PAGES),
    "product_use_report": look(PAGES),
    "product_use_report_results": look(PAGES),
    "wagtailredirects:index": look("wagtailredirects.view_redirect"),
    "wagtailredirects:index_results": look("wagtailredirects.view_redirect"),
    "wagtailredirects:add": send("wagtailredirects.add_redirect"),
    "wagtailredirects:edit": send("wagtailredirects.change_redirect"),
    "wagtailredirects:delete": send("wagtailredirects.delete_redirect"),
    "wagtailredirects:start_import": send("wagtailredirects.add_redirect"),
    "wagtailredirects:process_import": send("wagtailredirects.add_redirect"),
    "wagtailsettings:*": send("home.change_sitesettings"),
}

_FILES = {
    "wagtailimages:*": send(IMAGES),
    "wagtailimages:add": send(ADD_IMAGES),
    "wagtailimages:add_multiple": send(ADD_IMAGES),
    "wagtaildocs:*": send(DOCUMENTS),
    "wagtaildocs:add": send(ADD_DOCUMENTS),
    "wagtaildocs:add_multiple": send(ADD_DOCUMENTS),
    **_chooser("wagtailimages_chooser", CHOOSE_IMAGES, ADD_IMAGES),
    "wagtailimages_chooser:select_format": send(CHOOSE_IMAGES),
    **_chooser("wagtaildocs_chooser", CHOOSE_DOCUMENTS, ADD_DOCUMENTS),
}

_CHOOSERS = {
    **_chooser("product_chooser", CHOOSE_PRODUCTS),
    **_chooser("category_chooser", any_of(WRITERS, "commerce.change_productcollection")),
    **_chooser("stockrecord_chooser", "commerce.change_saleprice"),
    **_chooser(
        "wagtailsnippetchoosers_commerce_productcollection",
        any_of(WRITERS, "commerce.change_productcollection"),
    ),
    **_chooser("wagtailsnippetchoosers_home_banner", WRITERS),
}

_PEOPLE = {
    **_viewset("wagtailusers_users", "commerce.user"),
    **_viewset("wagtailusers_groups", "auth.group"),
    **_viewset("wagtailsites", "wagtailcore.site"),
}

#: Pages of Wagtail's that this site does not use. Passwords have one door: allauth.
_UNUSED = {
    name: look(nobody)
    for name in (
        "admin/test404/",
        "wagtailadmin_error_test",
        "wagtailadmin_password_reset*",
        "wagtailembeds:*",
    )
}

TABLE = {**_ENTRY, **_PAGES, **_FILES, **_CHOOSERS, **_snippets(), **_PEOPLE, **_UNUSED}
