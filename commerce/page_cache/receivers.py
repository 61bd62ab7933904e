"""Which rows, when written or deleted, are seen on pages.

Everything is, unless it is named here: a model that nobody thought of makes pages anew too often and
never shows an old one. Who writes with ``update()`` or ``bulk_create()`` sends no signal and calls
``touch``.
"""

from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from oscar.core.loading import get_model

from commerce.page_cache.changes import touch
from commerce.page_cache.dependencies import OFFERS, SITE, piece_tag

#: Applications whose rows are somebody's own or the staff's, and on no page that is kept.
UNSEEN_APPS = frozenset({
    "account", "admin", "analytics", "auth", "basket", "checkout", "communication", "contenttypes",
    "customer", "demo_gateway", "django_rq", "django_tasks_database", "mfa", "migrations", "order",
    "payment", "sessions", "socialaccount", "usersessions", "voucher", "wagtailadmin", "wagtailredirects", "wagtailsearch", "wagtailusers",
    "wishlists",
})  # fmt: skip
#: The same of single models; of products and what belongs to one ``commerce.index.refresh`` speaks.
UNSEEN = frozenset({
    "address.useraddress", "catalogue.product", "catalogue.productattributevalue",
    "catalogue.productcategory", "catalogue.productcategoryhierarchy", "catalogue.productimage",
    "commerce.productphoto", "commerce.saleprice", "partner.stockrecord", "reviews.productreview",
    "commerce.answercount", "commerce.auditentry", "commerce.boughttogether",
    "commerce.commercialdocument", "commerce.documentcounter", "commerce.listing",
    "commerce.listingterms", "commerce.orderevent", "commerce.orderpromise",
    "commerce.outgoingmail", "commerce.pricewindow", "commerce.profilepicture", "commerce.returnline",
    "commerce.returnrequest", "commerce.searchmiss", "commerce.shipment", "commerce.stockchange",
    "commerce.term", "commerce.throttle", "commerce.wishlistlink", "commerce.withdrawal", "offer.rangeproductfileupload", "partner.stockalert",
    "wagtailcore.apitoken", "wagtailcore.comment", "wagtailcore.commentreply",
    "wagtailcore.modellogentry", "wagtailcore.pagelogentry", "wagtailcore.pagesubscription",
    "wagtailcore.referenceindex", "wagtailcore.revision", "wagtailcore.taskstate",
    "wagtailcore.uploadedfile", "wagtailcore.workflowstate", "wagtailimages.rendition",
})  # fmt: skip
#: Columns that are written while a page is drafted, and when somebody signs in: nobody sees them.
UNSEEN_COLUMNS = frozenset({
    "draft_title", "has_unpublished_changes", "last_login", "latest_revision",
    "latest_revision_created_at",
})  # fmt: skip


def is_unseen(model, columns=None):
    """Whether writing these columns of a row (all, where None) changes nothing that a page shows."""
    meta = model._meta
    if meta.app_label in UNSEEN_APPS or meta.label_lower in UNSEEN:
        return True
    return bool(columns) and UNSEEN_COLUMNS.issuperset(columns)


def tags_of(row):
    """The tags of what a row is seen as."""
    label = row._meta.label_lower
    if label == "catalogue.productrecommendation":
        return {piece_tag(row.primary_id)}
    if label == "reviews.vote":
        return {piece_tag(row.review.product_id)}
    if label == "commerce.user":
        reviews = get_model("reviews", "ProductReview").objects.filter(user=row)
        return {piece_tag(pk) for pk in reviews.values_list("product_id", flat=True)}
    return {OFFERS} if row._meta.app_label == "offer" else {SITE}


@receiver(post_delete)
def follow_lost_rendition(sender, **kwargs):
    """A rendition that was made is on no page yet; one that is gone may be on any."""
    if sender._meta.label_lower == "wagtailimages.rendition":
        touch(SITE)


@receiver([post_save, post_delete])
def follow_row(sender, instance, update_fields=None, **kwargs):
    if not is_unseen(sender, update_fields):
        touch(*tags_of(instance))


@receiver(m2m_changed)
def follow_relation(sender, instance, action, **kwargs):
    """A relation is seen with either of its ends: a product may be put into a range, or a range onto it."""
    if not action.startswith("post_"):
        return
    if sender._meta.app_label == "offer":
        touch(OFFERS)
    if not is_unseen(type(instance)):
        touch(*tags_of(instance))
