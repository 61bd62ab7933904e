"""Cache tags of Wagtail's models."""

from commerce.page_cache.invalidation import shown_on_pages

shown_on_pages(
    "wagtailcore.collectionviewrestriction",
    "wagtailcore.locale",
    "wagtailcore.pageviewrestriction",
    "wagtailcore.site",
    "wagtaildocs.document",
    "wagtailembeds.embed",
    "wagtailimages.image",
)
#: Columns of drafts, which no public page shows.
DRAFT = {
    "draft_title",
    "has_unpublished_changes",
    "latest_revision",
    "latest_revision_created_at",
}
shown_on_pages("wagtailcore.page", "home.banner", "home.productstory", unseen=DRAFT)
# A new rendition is on no cached page; a deleted one may be on any.
shown_on_pages("wagtailimages.rendition", on_save=False)
