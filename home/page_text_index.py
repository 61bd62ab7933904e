"""Words that pages lend to the products they show: a search for the story's words finds the piece.

Wagtail's reference index knows which page shows which product. It is brought up to date here, in the
transaction of the change, because Wagtail itself does so in a task.
"""

from collections import defaultdict

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from oscar.core.loading import get_model
from wagtail import blocks
from wagtail.blocks import StreamValue
from wagtail.models import Page, PageViewRestriction, ReferenceIndex, get_page_models
from wagtail.rich_text import get_text_for_indexing
from wagtail.search.index import SearchField
from wagtail.signals import post_page_move

from commerce.index.listing_builder import WORD_SOURCES
from commerce.index.receivers import refresh_changed
from home.links import LinkBlock
from home.models import HomePage

#: Where a page keeps a product that it shows; a link to a product shows nothing of it.
SHOWN = (
    "product",
    "body.product.product",
    "body.product_row.products.item",
    "body.quote.products.item",
)
#: A long page lends its beginning.
LETTERS = 6000


def lend_words(product_ids):
    """``{product_id: text}`` of the live, public pages that show these products.

    The home page lends nothing: it shows everything and is about nothing in particular. One query
    for the references, one for each kind of page, whatever the number of products.
    """
    shown = defaultdict(set)
    rows = _references(to_object_id__in=[str(pk) for pk in product_ids])
    for page_id, product_id in rows.values_list("object_id", "to_object_id"):
        shown[int(page_id)].add(int(product_id))
    if not shown:
        return {}
    pages = Page.objects.live().public().not_exact_type(HomePage).filter(pk__in=shown).specific()
    lent = defaultdict(list)
    for page in pages.order_by("pk"):
        text = text_of(page)
        for product_id in shown[page.pk]:
            lent[product_id].append(text)
    return {product_id: " ".join(texts) for product_id, texts in lent.items()}


def text_of(page):
    """What Wagtail's own search reads of a page, its title first. No query."""
    names = [field.field_name for field in page.search_fields if type(field) is SearchField]
    return " ".join(_text_of_value(getattr(page, name)) for name in names)[:LETTERS]


def _text_of_value(value):
    if isinstance(value, StreamValue):
        return " ".join(_texts_in(value.stream_block, value.get_prep_value()))
    return str(value or "")


def _texts_in(block, raw):
    """The texts of a stored block. Products and photographs in it are not looked up."""
    if isinstance(block, LinkBlock):
        return []  # where it leads is no word of the page
    if isinstance(block, blocks.StreamBlock):
        pairs = [(block.child_blocks.get(row["type"]), row["value"]) for row in raw]
    elif isinstance(block, blocks.StructBlock):
        pairs = [(block.child_blocks.get(name), value) for name, value in raw.items()]
    elif isinstance(block, blocks.ListBlock):
        pairs = [(block.child_block, _item_of(row)) for row in raw]
    else:
        is_text = isinstance(block, blocks.CharBlock | blocks.TextBlock | blocks.RichTextBlock)
        return [get_text_for_indexing(raw)] if is_text and raw else []
    return [text for child, value in pairs if value for text in _texts_in(child, value)]


def _item_of(row):
    """The value of a list's item, which Wagtail stores with an id or, long ago, as it is."""
    return row["value"] if isinstance(row, dict) and row.get("type") == "item" else row


def products_shown_by(page_ids):
    """Keys of the products that pages show, live or not, as far as the index knows."""
    rows = _references(object_id__in=[str(pk) for pk in page_ids])
    return {int(pk) for pk in rows.values_list("to_object_id", flat=True)}


def _references(**conditions):
    types = ContentType.objects
    product = types.get_for_model(get_model("catalogue", "Product"))
    return ReferenceIndex.objects.filter(
        base_content_type=types.get_for_model(Page),
        to_content_type=product,
        model_path__in=SHOWN,
        **conditions,
    )


# --- What is followed -----------------------------------------------------------------------------


def _follow_page(sender, instance, raw=False, update_fields=None, **kwargs):
    """Published, unpublished or changed. A draft is saved with its fields named, and says nothing."""
    if raw or (update_fields is not None and "live" not in update_fields):
        return
    before = products_shown_by([instance.pk])
    with transaction.atomic():
        ReferenceIndex.create_or_update_for_object(instance.specific)
        refresh_changed(before | products_shown_by([instance.pk]))


def _note_deleted_page(sender, instance, **kwargs):
    instance.products_shown = products_shown_by([instance.pk])


def _follow_deleted_page(sender, instance, **kwargs):
    refresh_changed(getattr(instance, "products_shown", set()))


def _follow_moved_page(sender, instance, **kwargs):
    """A page below a private one is private."""
    _refresh_below(instance)


def _follow_restriction(sender, instance, raw=False, **kwargs):
    if not raw:
        _refresh_below(instance.page)


def _refresh_below(page):
    pages = Page.objects.descendant_of(page, inclusive=True)
    refresh_changed(products_shown_by(pages.values_list("pk", flat=True)))


def register():
    """Have lists know the pages' words, and follow every change of a page."""
    if lend_words not in WORD_SOURCES:
        WORD_SOURCES.append(lend_words)
    for model in get_page_models():
        post_save.connect(_follow_page, sender=model)
    pre_delete.connect(_note_deleted_page, sender=Page)
    post_delete.connect(_follow_deleted_page, sender=Page)
    post_page_move.connect(_follow_moved_page)
    post_save.connect(_follow_restriction, sender=PageViewRestriction)
    post_delete.connect(_follow_restriction, sender=PageViewRestriction)
