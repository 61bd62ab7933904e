"""The permission table's rows for everything under ``/admin/``.

They are checked before Wagtail's own checks. Some of its views, such as choosers, only require access
to the admin; with these rows they are not open to all staff, and a view without a row is open to nobody.
"""

from collections.abc import Callable

from django.apps import apps
from django.db.models import Model
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection
from wagtail.permissions import policy_registry

from commerce.models import User
from commerce.permissions.table import Access, Condition, any_of, nobody, post_form, read_only


def _policy_condition(model_getter: Callable[[], type[Model]], *actions: str) -> Condition:
    """True for users whom the model's policy in Wagtail allows any of the actions."""

    def holds(user: User) -> bool:
        policy = policy_registry.get_by_type(model_getter())
        return policy.user_has_any_permission(user, actions)

    return holds


def _page_model() -> type[Model]:
    return apps.get_model("wagtailcore", "Page")


PAGES = _policy_condition(_page_model, "add", "change", "publish", "bulk_delete", "lock", "unlock")
WRITE_PAGES = _policy_condition(_page_model, "add", "change", "publish", "bulk_delete")
PUBLISH_PAGES = _policy_condition(_page_model, "publish")
LOCK_PAGES = _policy_condition(_page_model, "lock")
UNLOCK_PAGES = _policy_condition(_page_model, "unlock")
IMAGES = _policy_condition(get_image_model, "add", "change", "delete")
CHOOSE_IMAGES = _policy_condition(get_image_model, "choose", "add", "change")
ADD_IMAGES = _policy_condition(get_image_model, "add")
DOCUMENTS = _policy_condition(get_document_model, "add", "change", "delete")
CHOOSE_DOCUMENTS = _policy_condition(get_document_model, "choose", "add", "change")
ADD_DOCUMENTS = _policy_condition(get_document_model, "add")
COLLECTIONS = _policy_condition(lambda: Collection, "add", "change", "delete")
#: Users who write rich text or choose a link in a form.
WRITERS = any_of(
    PAGES, "home.change_productstory", "home.change_banner", "home.change_sitesettings"
)
CHOOSE_LINKS = Access(view=(any_of(WRITERS, "wagtailredirects.change_redirect"),), change=())
WORKFLOWS = any_of("wagtailcore.add_workflow", "wagtailcore.change_workflow")
CHOOSE_PRODUCTS = any_of(WRITERS, "commerce.change_retirement", "commerce.change_promotedresult")

#: The views of a list, and of its forms with the permission that each requires.
VIEWED = ("history", "history_results", "usage")
WRITTEN = {"add": "add", "edit": "change", "delete": "delete"}
#: The same for models with drafts.
VIEWED_DRAFTS = ("workflow_history", "workflow_history_detail", "revisions_compare",
                 "revisions_view")  # fmt: skip
WRITTEN_DRAFTS = {
    "preview_on_add": "add",
    "preview_on_edit": "change",
    "revisions_revert": "change",
}
PUBLISHED = ("unpublish", "revisions_unschedule", "workflow_action", "collect_workflow_action_data",
             "confirm_workflow_cancellation", "workflow_preview")  # fmt: skip


def _rows(namespace: str, access: Access, *views: str) -> dict[str, Access]:
    """The same row for several views of a namespace."""
    return {f"{namespace}:{view}": access for view in views}


def _list(namespace: str, model: str, *, index: str = "index") -> dict[str, Access]:
    """Rows of a list and its forms. Any permission for the model allows reading the list."""
    label, _dot, name = model.partition(".")
    read = any_of(*(f"{label}.{action}_{name}" for action in ("view", "add", "change", "delete")))
    return {
        **_rows(namespace, read_only(read), index, f"{index}_results", *VIEWED),
        **_forms(namespace, model, WRITTEN),
    }


def _forms(namespace: str, model: str, forms: dict[str, str]) -> dict[str, Access]:
    label, _dot, name = model.partition(".")
    return {
        f"{namespace}:{view}": post_form(f"{label}.{act}_{name}") for view, act in forms.items()
    }


def _drafts(namespace: str, model: str) -> dict[str, Access]:
    """Further rows for a model with drafts."""
    label, _dot, name = model.partition(".")
    read = any_of(*(f"{label}.{action}_{name}" for action in ("view", "add", "change", "delete")))
    publish = any_of(f"{label}.publish_{name}", f"{label}.change_{name}")
    return {
        **_rows(namespace, read_only(read), *VIEWED_DRAFTS),
        **_forms(namespace, model, WRITTEN_DRAFTS),
        **_rows(namespace, post_form(publish), *PUBLISHED),
    }


def _chooser(
    namespace: str, may_choose: Condition, may_create: Condition = nobody
) -> dict[str, Access]:
    """Rows of a chooser: who may choose, and who may create in it."""
    views = ("choose", "choose_results", "chosen", "chosen_multiple")
    return {
        **_rows(namespace, read_only(may_choose), *views),
        f"{namespace}:create": post_form(may_create),
    }


def _snippets() -> dict[str, Access]:
    rows: dict[str, Access] = {}
    for model in ("banner", "productstory"):
        space = f"wagtailsnippets_home_{model}"
        rows |= _snippet(space, f"home.{model}") | _drafts(space, f"home.{model}")
    for model in (
        "saleprice", "retirement", "productcollection", "facetattribute", "searchsynonym",
        "promotedresult", "searchmiss", "deliverymethod", "outgoingmail", "taxclass", "owntaxrate",
    ):  # fmt: skip
        rows |= _snippet(f"wagtailsnippets_commerce_{model}", f"commerce.{model}")
    # Read-only models have no forms, whatever permissions a user has.
    for model in ("searchmiss", "outgoingmail"):
        space = f"wagtailsnippets_commerce_{model}"
        rows |= _rows(space, read_only(nobody), "copy", *WRITTEN)
    mails = "wagtailsnippets_commerce_outgoingmail"
    return {**rows, f"{mails}:inspect": rows[f"{mails}:list"]}


def _snippet(namespace: str, model: str) -> dict[str, Access]:
    return {**_list(namespace, model, index="list"), **_forms(namespace, model, {"copy": "add"})}


_ENTRY = {
    "admin-login": Access(is_public=True),
    "wagtailadmin_login": Access(is_public=True),
    "wagtailadmin_home": read_only(),
    "admin-logout": Access(change=()),
    "wagtailadmin_logout": Access(change=()),
    "wagtailadmin_account": Access(change=()),
    "wagtailadmin_dismissibles": Access(change=()),
    "wagtailadmin_sprite": read_only(),
    "wagtailadmin_javascript_catalog": read_only(),
    "wagtailsnippets:index": read_only(),
    # Unknown URLs are "not found" for staff, as elsewhere.
    "admin/.*/$": read_only(),
    # An open editor pings its session; Wagtail requires the permission to edit the object.
    "wagtailadmin_editing_sessions:ping": Access(change=()),
    "wagtailadmin_editing_sessions:release": Access(change=()),
}

_PAGES = {
    "wagtailadmin_explore_root": read_only(PAGES),
    "wagtailadmin_explore": read_only(PAGES),
    "wagtailadmin_explore_results": read_only(PAGES),
    **_rows(
        "wagtailadmin_pages",
        read_only(PAGES),
        "add_subpage",
        "history",
        "history_results",
        "revisions_compare",
        "revisions_index",
        "revisions_view",
        "search",
        "search_results",
        "type_use",
        "type_use_results",
        "usage",
        "view_draft",
        "workflow_history",
        "workflow_history_detail",
        "workflow_preview",
    ),
    **_rows(
        "wagtailadmin_pages",
        post_form(WRITE_PAGES),
        "add",
        "choose_parent",
        "convert_alias",
        "copy",
        "delete",
        "edit",
        "move",
        "move_confirm",
        "preview_on_add",
        "preview_on_edit",
        "revisions_revert",
    ),
    **_rows(
        "wagtailadmin_pages",
        post_form(PUBLISH_PAGES),
        "revisions_unschedule",
        "set_page_position",
        "set_privacy",
        "unpublish",
    ),
    "wagtailadmin_pages:lock": post_form(LOCK_PAGES),
    "wagtailadmin_pages:unlock": post_form(any_of(LOCK_PAGES, UNLOCK_PAGES)),
    # Members of a workflow step's group decide it; Wagtail checks the membership.
    **_rows(
        "wagtailadmin_pages",
        post_form(PAGES),
        "collect_workflow_action_data",
        "confirm_workflow_cancellation",
        "workflow_action",
    ),
    **_rows("wagtailadmin_api:pages", read_only(WRITERS), "listing", "detail", "find"),
    "wagtailadmin_api:pages:action": post_form(WRITE_PAGES),
    **_rows("wagtailadmin_api:images", read_only(CHOOSE_IMAGES), "listing", "detail", "find"),
    **_rows("wagtailadmin_api:documents", read_only(CHOOSE_DOCUMENTS), "listing", "detail", "find"),
    "wagtailadmin_block_preview": post_form(PAGES),
    # The view checks permissions for the model in its URL (home.staff.bulk_actions).
    "wagtail_bulk_action": Access(change=()),
    **{
        f"wagtailadmin_choose_page{view}": CHOOSE_LINKS
        for view in (
            "",
            "_child",
            "_search",
            "_chosen_multiple",
            "_external_link",
            "_email_link",
            "_phone_link",
            "_anchor_link",
        )
    },
    "wagtailadmin_tag_autocomplete": read_only(any_of(PAGES, IMAGES, DOCUMENTS)),
    "wagtailadmin_tag_model_autocomplete": read_only(any_of(PAGES, IMAGES, DOCUMENTS)),
    **_rows(
        "wagtailadmin_collections",
        post_form(COLLECTIONS),
        "index",
        "add",
        "edit",
        "delete",
        "set_privacy",
    ),
    **_rows(
        "wagtailadmin_workflows",
        read_only(WORKFLOWS),
        "index",
        "index_results",
        "usage",
        "usage_results",
        "select_task_type",
        "task_index",
        "task_index_results",
        "task_chooser",
        "task_chooser_results",
        "task_chosen",
    ),
    **_rows(
        "wagtailadmin_workflows",
        post_form(WORKFLOWS),
        "add",
        "edit",
        "enable",
        "disable",
        "remove",
        "add_task",
        "edit_task",
        "enable_task",
        "disable_task",
        "task_chooser_create",
    ),
    **_rows(
        "wagtailadmin_reports",
        read_only(PAGES),
        "aging_pages",
        "aging_pages_results",
        "page_types_usage",
        "page_types_usage_results",
        "site_history",
        "site_history_results",
        "workflow",
        "workflow_results",
        "workflow_tasks",
        "workflow_tasks_results",
    ),
    **_rows(
        "wagtailadmin_reports", read_only(UNLOCK_PAGES), "locked_pages", "locked_pages_results"
    ),
    "product_use_report": read_only(PAGES),
    "product_use_report_results": read_only(PAGES),
    "wagtailredirects:index": read_only("wagtailredirects.view_redirect"),
    "wagtailredirects:index_results": read_only("wagtailredirects.view_redirect"),
    "wagtailredirects:add": post_form("wagtailredirects.add_redirect"),
    "wagtailredirects:edit": post_form("wagtailredirects.change_redirect"),
    "wagtailredirects:delete": post_form("wagtailredirects.delete_redirect"),
    "wagtailredirects:start_import": post_form("wagtailredirects.add_redirect"),
    "wagtailredirects:process_import": post_form("wagtailredirects.add_redirect"),
    # The view requires the permission for the settings it shows.
    **_rows(
        "wagtailsettings",
        post_form(any_of("home.change_sitesettings", "commerce.change_shopsettings")),
        "edit",
        "preview_on_edit",
    ),
}

_FILES = {
    **_rows(
        "wagtailimages",
        read_only(IMAGES),
        "index",
        "index_results",
        "image_usage",
        "preview",
        "url_generator",
        "url_generator_output",
    ),
    **_rows(
        "wagtailimages",
        post_form(IMAGES),
        "edit",
        "delete",
        "edit_multiple",
        "delete_multiple",
        "delete_upload_multiple",
        "create_multiple_from_uploaded_image",
    ),
    "wagtailimages:add": post_form(ADD_IMAGES),
    "wagtailimages:add_multiple": post_form(ADD_IMAGES),
    **_rows("wagtaildocs", read_only(DOCUMENTS), "index", "index_results", "document_usage"),
    **_rows(
        "wagtaildocs",
        post_form(DOCUMENTS),
        "edit",
        "delete",
        "edit_multiple",
        "delete_multiple",
        "delete_upload_multiple",
        "create_multiple_from_uploaded_document",
    ),
    "wagtaildocs:add": post_form(ADD_DOCUMENTS),
    "wagtaildocs:add_multiple": post_form(ADD_DOCUMENTS),
    **_chooser("wagtailimages_chooser", CHOOSE_IMAGES, ADD_IMAGES),
    "wagtailimages_chooser:select_format": post_form(CHOOSE_IMAGES),
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
    **_list("wagtailusers_users", "commerce.user"),
    "wagtailusers_users:copy": post_form("commerce.add_user"),
    **_list("wagtailusers_groups", "auth.group"),
    **_list("wagtailsites", "wagtailcore.site"),
    "wagtailsites:copy": post_form("wagtailcore.add_site"),
}

#: Views of Wagtail that this site does not use. Passwords are set through allauth only.
_UNUSED = {
    name: read_only(nobody)
    for name in (
        "admin/test404/",
        "wagtailadmin_error_test",
        "wagtailadmin_password_reset",
        "wagtailadmin_password_reset_done",
        "wagtailadmin_password_reset_confirm",
        "wagtailadmin_password_reset_complete",
        "wagtailembeds:chooser",
        "wagtailembeds:chooser_upload",
    )
}

TABLE = {**_ENTRY, **_PAGES, **_FILES, **_CHOOSERS, **_snippets(), **_PEOPLE, **_UNUSED}
