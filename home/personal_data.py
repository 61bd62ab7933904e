"""Personal data in the pages app: the authors and editors of content. It has no data of customers."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.models import APIToken, Comment, CommentReply, ModelLogEntry, PageLogEntry
from wagtail.users.models import UserProfile

from commerce.privacy.inventory import DELETED, NEVER, UNLINKED, about_people, nothing_personal
from commerce.privacy.parts import Part, Section
from commerce.privacy.people import ERASED, Person

PUBLISHED = _("published on purpose; editors can change it")
_WORK = _("is staff work on pages and not about a customer")

_PLAIN = nothing_personal(
    {
        "home.banner": (
            "id latest_revision live has_unpublished_changes first_published_at "
            "last_published_at live_revision go_live_at expire_at expired heading text "
            "image link"
        ),
        "home.homepage": "page_ptr body",
        "home.landingpage": "page_ptr product product_role body",
        "home.productstory": (
            "id latest_revision live has_unpublished_changes first_published_at "
            "last_published_at live_revision go_live_at expire_at expired product body"
        ),
        "home.sitesettings": (
            "id site announcement_text announcement_link announcement_until navigation "
            "footer_text footer returns_text returns_page care_page"
        ),
        "home.standardpage": "page_ptr intro body",
        "home.storyindexpage": "page_ptr intro",
        "wagtailadmin.admin": "id",
        "wagtailcore.collection": "id path depth numchild name",
        "wagtailcore.collectionviewrestriction_groups": "id collectionviewrestriction group",
        "wagtailcore.groupapprovaltask": "task_ptr groups",
        "wagtailcore.groupapprovaltask_groups": "id groupapprovaltask group",
        "wagtailcore.groupcollectionpermission": "id group collection permission",
        "wagtailcore.grouppagepermission": "id group page permission",
        "wagtailcore.groupsitepermission": "id group site permission",
        "wagtailcore.locale": "id language_code",
        "wagtailcore.pageviewrestriction_groups": "id pageviewrestriction group",
        "wagtailcore.referenceindex": (
            "id content_type base_content_type object_id to_content_type to_object_id "
            "model_path content_path content_path_hash"
        ),
        "wagtailcore.site": "id hostname port site_name root_page is_default_site",
        "wagtailcore.task": "id name content_type active",
        "wagtailcore.workflow": "id name active",
        "wagtailcore.workflowcontenttype": "content_type workflow",
        "wagtailcore.workflowpage": "page workflow",
        "wagtailcore.workflowtask": "id sort_order workflow task",
        "wagtailembeds.embed": (
            "id url max_width hash type html title author_name provider_name thumbnail_url "
            "width height last_updated cache_until"
        ),
        "wagtailimages.rendition": "id filter_spec file width height focal_point_key image",
        "wagtailredirects.redirect": (
            "id old_path site is_permanent redirect_page redirect_page_route_path "
            "redirect_link automatically_created created_at"
        ),
        "wagtailsearch.indexentry": (
            "autocomplete body content_type id object_id title title_norm"
        ),
        "wagtailsearch.sqliteftsindexentry": "autocomplete title body index_entry",
    }
)

_EDITORS = {
    "home.storypage": about_people(
        PUBLISHED,
        "",
        "page_ptr date standfirst lead_image body",
        staff="author",
        left_out=_WORK,
    ),
    "wagtailadmin.editingsession": about_people(
        DELETED,
        "user last_seen_at",
        "id content_type object_id is_editing",
        left_out=_WORK,
    ),
    "wagtailadmin.formstate": about_people(
        DELETED,
        "user data last_updated_at",
        "id content_type object_id parent_object_id",
        left_out=_WORK,
    ),
    "wagtailcore.apitoken": about_people(
        DELETED,
        "user name created revoked_at last_used_at",
        "id",
        hidden="key_hash prefix",
        section="api_tokens",
    ),
    "wagtailcore.collectionviewrestriction": about_people(
        NEVER,
        "",
        "id restriction_type collection groups",
        hidden="password",
        left_out=_WORK,
    ),
    "wagtailcore.comment": about_people(
        DELETED,
        "user text created_at",
        "id page contentpath position updated_at revision_created resolved_at",
        staff="resolved_by",
        section="editors_comments",
    ),
    "wagtailcore.commentreply": about_people(
        DELETED,
        "user text created_at",
        "id comment updated_at",
        section="editors_replies",
    ),
    "wagtailcore.modellogentry": about_people(
        UNLINKED,
        "user label",
        "id content_type action data timestamp uuid revision content_changed deleted object_id",
        section="editors_log",
    ),
    "wagtailcore.page": about_people(
        UNLINKED,
        "",
        "id path depth numchild translation_key locale latest_revision live "
        "has_unpublished_changes first_published_at last_published_at live_revision "
        "go_live_at expire_at expired locked locked_at title draft_title slug "
        "content_type url_path latest_revision_created_at alias_of show_in_menus "
        "seo_title search_description",
        staff="owner locked_by",
        left_out=_WORK,
    ),
    "wagtailcore.pagelogentry": about_people(
        UNLINKED,
        "user",
        "id content_type label action data timestamp uuid revision content_changed deleted page",
        left_out=_WORK,
    ),
    "wagtailcore.pagesubscription": about_people(
        DELETED,
        "user page comment_notifications",
        "id",
        left_out=_WORK,
    ),
    "wagtailcore.pageviewrestriction": about_people(
        NEVER,
        "",
        "id restriction_type page groups",
        hidden="password",
        left_out=_WORK,
    ),
    "wagtailcore.revision": about_people(
        UNLINKED,
        "",
        "id content_type base_content_type object_id created_at object_str content "
        "approved_go_live_at",
        staff="user",
        left_out=_WORK,
    ),
    "wagtailcore.taskstate": about_people(
        UNLINKED,
        "",
        "id workflow_state revision task status started_at finished_at comment content_type",
        staff="finished_by",
        left_out=_WORK,
    ),
    "wagtailcore.uploadedfile": about_people(
        UNLINKED,
        "",
        "id for_content_type file",
        staff="uploaded_by_user",
        left_out=_WORK,
    ),
    "wagtailcore.workflowstate": about_people(
        UNLINKED,
        "",
        "id content_type base_content_type object_id workflow status created_at current_task_state",
        staff="requested_by",
        left_out=_WORK,
    ),
    "wagtaildocs.document": about_people(
        UNLINKED,
        "",
        "id collection title file created_at file_size file_hash tags",
        staff="uploaded_by_user",
        left_out=_WORK,
    ),
    "wagtailimages.image": about_people(
        UNLINKED,
        "",
        "id collection title file description width height created_at focal_point_x "
        "focal_point_y focal_point_width focal_point_height file_size file_hash tags",
        staff="uploaded_by_user",
        left_out=_WORK,
    ),
    "wagtailusers.userprofile": about_people(
        DELETED,
        "user preferred_language current_time_zone avatar",
        "id submitted_notifications approved_notifications rejected_notifications "
        "updated_comments_notifications dismissibles theme contrast density "
        "keyboard_shortcuts",
        section="editors_profile",
    ),
}


def _of_user(model: Any, name: str = "user") -> Callable[[Person], QuerySet]:
    return lambda person: model.objects.filter(person.by_user(name))


def _erase(person: Person) -> None:
    """Remove the person from the admin's logs, whose rows outlive the account."""
    if person.user is None:
        return
    PageLogEntry.objects.filter(user=person.user_id).update(user=None)
    ModelLogEntry.objects.filter(user=person.user_id).update(user=None)
    # The log's label of an account is its email address.
    about = ModelLogEntry.objects.filter(
        content_type__app_label="commerce",
        content_type__model="user",
        object_id=str(person.user_id),
    )
    about.update(label=ERASED, data={})
    profile = UserProfile.objects.filter(user=person.user_id).first()
    if profile is not None and profile.avatar:
        profile.avatar.delete(save=False)


PART = Part(
    inventory={**_PLAIN, **_EDITORS},
    sections=(
        Section(
            "editors_comments", _("Editors' comments"), "wagtailcore.Comment", _of_user(Comment)
        ),
        Section(
            "editors_replies",
            _("Editors' replies to comments"),
            "wagtailcore.CommentReply",
            _of_user(CommentReply),
        ),
        Section(
            "editors_log", _("Editors' log"), "wagtailcore.ModelLogEntry", _of_user(ModelLogEntry)
        ),
        Section(
            "editors_profile",
            _("Editors' settings"),
            "wagtailusers.UserProfile",
            _of_user(UserProfile),
        ),
        Section("api_tokens", _("API tokens"), "wagtailcore.APIToken", _of_user(APIToken)),
    ),
    erase=_erase,
)
