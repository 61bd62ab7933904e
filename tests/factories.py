"""Factories for tests, in addition to Oscar's."""

import itertools
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.utils import timezone
from oscar.core.loading import get_class, get_model
from PIL import Image as PillowImage
from wagtail.images import get_image_model
from wagtail.images.models import Filter
from wagtail.models import Collection, Locale, Page, Site

from checkout_app.payments import begin
from checkout_app.payments.placement import Submission, totals_of
from commerce.images.photos import specs_for, sync_photo
from commerce.index.refresh import refresh_listings
from commerce.index.refresh_queue import one_refresh
from commerce.models import (
    DeliveryMethod,
    Listing,
    OptionValueDisplay,
    ProductTypeTax,
    ShopSettings,
    TaxClass,
    VariantOption,
)
from commerce.pricing.parcels import parcel_of_basket
from home.models import HomePage

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Marsh",
    "line1": "12 Quay Street",
    "line4": "Wells",
    "postcode": "NR23 1AH",
}

PASSWORD = "a-long-enough-password"


def make_shop():
    """Great Britain and Germany, standard delivery (free over £60) and express delivery."""
    Country = get_model("address", "Country")
    for position, (code, name) in enumerate([("GB", "United Kingdom"), ("DE", "Germany")]):
        Country.objects.get_or_create(
            iso_3166_1_a2=code,
            defaults={
                "name": name, "printable_name": name, "iso_3166_1_a3": code + "X",
                "display_order": position, "is_shipping_country": True,
            },
        )  # fmt: skip
    standard = make_delivery("standard", price="4.50", free_over="60.00", days=(2, 3))
    standard.countries.set(["GB", "DE"])
    make_delivery("express", price="8.50", days=(1, 1)).countries.set(["GB"])
    return standard


def set_shop(**values):
    """Change the shop settings as their form does."""
    row = ShopSettings.objects.get()
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()


def make_delivery(code, *, price, free_over=None, days=(2, 3)):
    """A delivery method, sorted last."""
    return DeliveryMethod.objects.create(
        code=code, name=code.title(), price=Decimal(price),
        free_over=Decimal(free_over) if free_over else None,
        min_days=days[0], max_days=days[1], position=DeliveryMethod.objects.count(),
    )  # fmt: skip


def of_class(product, tax_class):
    """Put a product into a type with a tax class, by its code."""
    kind, _new = get_model("catalogue", "ProductClass").objects.get_or_create(name=tax_class)
    ProductTypeTax.objects.get_or_create(
        product_class=kind, defaults={"tax_class": TaxClass.objects.get(code=tax_class)}
    )
    product.product_class = kind
    product.save()
    return product


def deliver_to(*countries):
    """Create countries, and let every delivery method go to all that exist."""
    Country = get_model("address", "Country")
    for code in countries:
        Country.objects.get_or_create(
            iso_3166_1_a2=code, defaults={"printable_name": code, "is_shipping_country": True}
        )
    for method in DeliveryMethod.objects.all():
        method.countries.set(Country.objects.all())


@one_refresh()
def make_product(title, *, price, stock=10, glazes=None, track_stock=True):
    """A standalone product, or a parent with a child for each of ``{glaze: stock}``."""
    Product, ProductClass = (
        get_model("catalogue", "Product"),
        get_model("catalogue", "ProductClass"),
    )
    kind, _new = ProductClass.objects.get_or_create(
        name="Stoneware" if track_stock else "Gift",
        defaults={"track_stock": track_stock},
    )
    if not glazes:
        single = Product.objects.create(title=title, product_class=kind)
        make_stock(single, price=price, stock=stock)
        return single
    parent = Product.objects.create(title=title, product_class=kind, structure=Product.PARENT)
    attribute = make_glaze_attribute(kind)
    for glaze, units in glazes.items():
        child = Product.objects.create(
            title=f"{title}, {glaze.title()}", parent=parent, structure=Product.CHILD
        )
        option = make_value(attribute, glaze.title())
        child.attribute_values.create(attribute=attribute, value_option=option)
        make_stock(child, price=price, stock=units)
    return parent


def make_glaze_attribute(kind):
    """The option of ``make_product``, which has swatches."""
    return make_option(kind, "Glaze", control="swatches", meaning="color")


#: Colours of the swatches of ``make_value``, in turn.
COLOURS = ("#d9cbb4", "#232b3f", "#4f8794", "#7f9a5c")


def make_option(kind, name, *, control="auto", meaning="", position=0):
    """The attribute of an option of a product class, created if missing."""
    group, _new = get_model("catalogue", "AttributeOptionGroup").objects.get_or_create(name=name)
    attribute, _new = kind.attributes.get_or_create(
        code=name.lower(), defaults={"name": name, "type": "option", "option_group": group}
    )
    VariantOption.objects.get_or_create(
        attribute=attribute,
        defaults={"control": control, "meaning": meaning, "position": position},
    )
    return attribute


def make_value(attribute, label):
    """A value of an option with a swatch, placed after the others; created if missing."""
    options = attribute.option_group.options
    option, is_new = options.get_or_create(option=label)
    if is_new:
        place = options.count()
        OptionValueDisplay.objects.create(
            value=option, position=place, colour=COLOURS[place % len(COLOURS)]
        )
    return option


@one_refresh()
def make_variants(title, options, *, price="20.00", stock=10, without=()):
    """A parent with a child for each combination of ``{option name: [labels]}``.

    ``price`` and ``stock`` may be functions of the labels. Combinations in ``without`` are left out.
    A label of None gives the child no value.
    """
    Product = get_model("catalogue", "Product")
    kind, _new = get_model("catalogue", "ProductClass").objects.get_or_create(
        name=" × ".join(options), defaults={"track_stock": True}
    )
    attributes = [
        make_option(kind, name, position=place, meaning=MEANINGS.get(name, ""))
        for place, name in enumerate(options)
    ]
    parent = Product.objects.create(title=title, product_class=kind, structure=Product.PARENT)
    for labels in itertools.product(*options.values()):
        if labels in without:
            continue
        child = Product.objects.create(parent=parent, structure=Product.CHILD)
        for attribute, label in zip(attributes, labels, strict=True):
            if label is not None:
                value = make_value(attribute, label)
                child.attribute_values.create(attribute=attribute, value_option=value)
        make_stock(
            child,
            price=price(*labels) if callable(price) else price,
            stock=stock(*labels) if callable(stock) else stock,
        )
    return parent


MEANINGS = {"Colour": "color", "Size": "size"}


def variant_of(parent, *labels):
    """The child of a parent with these values, in any order."""
    children = parent.children.all()
    for label in labels:
        children = children.filter(attribute_values__value_option__option=label)
    return children.get()


def make_stock(product, *, price, stock):
    """A stock record of the only partner."""
    partner, _new = get_model("partner", "Partner").objects.get_or_create(name="Studio")
    return product.stockrecords.create(
        partner=partner, partner_sku=f"SKU-{product.pk}", price=Decimal(price),
        price_currency="GBP", num_in_stock=stock,
    )  # fmt: skip


def picture_bytes(colour):
    """The bytes of a small picture of one colour."""
    content = BytesIO()
    PillowImage.new("RGB", (64, 64), colour).save(content, "PNG")
    return content.getvalue()


def add_photo(product, colour="grey"):
    """A photograph of a product, of one colour; returns its Wagtail image."""
    name = "-".join(map(str, colour)) if isinstance(colour, tuple) else colour
    file = ContentFile(picture_bytes(colour), f"{name}-{product.pk}.png")
    return sync_photo(product.images.create(original=file, display_order=product.images.count()))


def put_category(product, name):
    """Put a product into a top-level category, which is created if missing."""
    Category = get_model("catalogue", "Category")
    category = Category.objects.filter(name=name).first() or Category.add_root(name=name)
    product.productcategory_set.create(category=category)
    return category


def all_pieces():
    """The range of all products."""
    Range = get_model("offer", "Range")
    return Range.objects.get_or_create(name="All", defaults={"includes_all_products": True})[0]


def make_offer(name="Ten off", *, condition=("Count", 1), benefit=("Percentage", 10), **fields):
    """An offer for everybody. ``on`` and ``off`` are the ranges of condition and benefit."""
    Benefit, Condition = get_model("offer", "Benefit"), get_model("offer", "Condition")
    on = fields.pop("on", None) or all_pieces()
    off = fields.pop("off", on)
    kind, value = benefit
    return get_model("offer", "ConditionalOffer").objects.create(
        name=name,
        condition=Condition.objects.create(range=on, type=condition[0], value=condition[1]),
        benefit=Benefit.objects.create(
            range=None if kind == "Fixed price" else off, type=kind, value=value
        ),
        **fields,
    )


def make_basket(*lines, owner=None):
    """A saved basket of ``(product, quantity)``, with ``{option code: value}`` if given."""
    basket = get_model("basket", "Basket").objects.create(owner=owner)
    basket.strategy = get_class("partner.strategy", "Selector")().strategy()
    for product, quantity, *texts in lines:
        options = [
            {"option": get_model("catalogue", "Option").objects.get(code=code), "value": value}
            for chosen in texts
            for code, value in chosen.items()
        ]
        basket.add_product(product, quantity, options)
    return basket


def make_order(*products, user=None, status="Paid", placed=None):
    """An order of one unit of each product, in the state that it has long after checkout."""
    Order = get_model("order", "Order")
    order = Order.objects.create(
        number=f"T-{Order.objects.count() + 1}", user=user, currency="GBP", status=status,
        total_incl_tax=Decimal("10.00"), total_excl_tax=Decimal("8.33"),
        date_placed=placed or timezone.now(),
    )  # fmt: skip
    for product in products:
        order.lines.create(
            product=product, title=product.get_title(), quantity=1, status=status,
            stockrecord=product.stockrecords.first(), num_allocated=0,
            line_price_incl_tax=Decimal("10.00"), line_price_excl_tax=Decimal("8.33"),
            line_price_before_discounts_incl_tax=Decimal("10.00"),
            line_price_before_discounts_excl_tax=Decimal("8.33"),
        )  # fmt: skip
    return order


def make_submission(
    basket,
    *,
    delivery="standard",
    total=None,
    email="ada@example.com",
    user=None,
    country="GB",
    postcode=ADDRESS["postcode"],
    vat_number="",
):
    """The data that a browser sends with "Pay" for a basket, at the current total.

    Without a parcel there is no shipping address, and the delivery is by email.
    """
    where = {**ADDRESS, "country_id": country, "postcode": postcode}
    shipping = get_model("order", "ShippingAddress")(**where)
    billing = get_model("order", "BillingAddress")(**where)
    if not parcel_of_basket(basket).is_shipped:
        shipping, delivery = None, "digital"
    if total is None:
        address = shipping or billing
        totals = totals_of(
            basket,
            delivery_code=delivery,
            shipping_address=address,
            user=None,
            vat_number=vat_number,
        )
        total = totals.total.incl_tax
    return Submission(
        basket_id=basket.pk,
        shipping_address=shipping,
        billing_address=billing,
        delivery_code=delivery,
        total_shown=Decimal(total),
        user=user,
        guest_email="" if user else email,
        has_consent=True,
        vat_number=vat_number,
    )


def make_paid_order(*lines, **submission):
    """A paid order of ``(product, quantity)`` pairs, with its stock allocated.

    ``submission`` are arguments of ``make_submission``.
    """
    from checkout_app.payments import settle

    basket = make_basket(*lines)
    attempt, _intent = begin.begin(make_submission(basket, **submission))
    pay(attempt)
    order = settle.settle(attempt.intent_id).order
    order.refresh_from_db()
    return order


def stockrecord_of(product):
    """The product's stock record, read from the database."""
    return get_model("partner", "StockRecord").objects.get(product=product)


def pay(attempt, number="4242424242424242"):
    """Confirm an attempt's intent with a card, as the browser does."""
    from demo_gateway import cards
    from demo_gateway.models import DemoIntent

    secret = DemoIntent.objects.get(intent_id=attempt.intent_id).client_secret
    return cards.confirm(attempt.intent_id, client_secret=secret, number=number, expiry=(12, 2099))


def make_user(email="ada@example.com", *, password=PASSWORD, **fields):
    """An account with a verified address."""
    user = get_user_model().objects.create_user(email=email, password=password)
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    return user


def make_voucher(code, *, percent=10, minimum=None, usage="Multi-use", start=-1, end=1):
    """A voucher for a percentage off the basket. ``start`` and ``end`` are in days from now."""
    goods, _new = get_model("offer", "Range").objects.get_or_create(
        name="Everything", defaults={"includes_all_products": True}
    )
    condition = get_model("offer", "Condition").objects.create(
        range=goods, type="Value" if minimum else "Count", value=Decimal(minimum or 1)
    )
    benefit = get_model("offer", "Benefit").objects.create(
        range=goods, type="Percentage", value=Decimal(percent)
    )
    offer = get_model("offer", "ConditionalOffer").objects.create(
        name=f"Offer of {code}", offer_type="Voucher", condition=condition, benefit=benefit
    )
    voucher = get_model("voucher", "Voucher").objects.create(
        name=f"Voucher {code}", code=code, usage=usage,
        start_datetime=timezone.now() + timedelta(days=start),
        end_datetime=timezone.now() + timedelta(days=end),
    )  # fmt: skip
    voucher.offers.add(offer)
    return voucher


def make_site_root():
    """Create the rows that Wagtail's and our migrations create: root, home page, site, collection."""
    locale, _new = Locale.objects.get_or_create(language_code="en-gb")
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")
    root = Page.get_first_root_node() or Page.add_root(
        instance=Page(title="Root", slug="root", locale=locale)
    )
    home = HomePage.objects.first()
    if home is None:
        home = root.add_child(instance=HomePage(title="Home", slug="home", locale=locale))
    site, _new = Site.objects.get_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "root_page": home}
    )
    # Django's test client uses this host.
    Site.objects.filter(pk=site.pk).update(hostname="testserver", port=80, root_page=home)
    Site.clear_site_root_paths_cache()
    return home


def pretend_rendered():
    """Write the rows of all renditions; encoding the images would take a minute."""
    Image = get_image_model()
    Image.get_rendition_model().objects.bulk_create(
        [
            image.renditions.model(
                image=image, filter_spec=spec, file=f"images/{image.pk}.{number}.webp",
                width=640, height=640, focal_point_key=Filter(spec).get_cache_key(image),
            )
            for image in Image.objects.all()
            for number, spec in enumerate(specs_for(image))
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    refresh_listings(Listing.objects.values_list("pk", flat=True))
