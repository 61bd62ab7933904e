"""The rows of the permission table for everything under ``/dashboard/``."""

from commerce.permissions.table import Access, any_of, model_pages, nobody, post_form, read_only

ORDER, CHANGE_ORDER = "order.view_order", "order.change_order"
PRODUCT, CHANGE_PRODUCT = "catalogue.view_product", "catalogue.change_product"
CHANGE_PRICE, ADD_PRICE = "partner.change_stockrecord", "partner.add_stockrecord"
OFFER, CHANGE_OFFER = "offer.view_conditionaloffer", "offer.change_conditionaloffer"
ADD_OFFER = "offer.add_conditionaloffer"
PERSON, CHANGE_PERSON = "commerce.view_user", "commerce.change_user"
PAYMENT, CHANGE_PAYMENT = "checkout.view_paymentattempt", "checkout.change_paymentattempt"
IMPORT = "commerce.view_importrun"
#: Seeing any of what can be exported.
EXPORT = any_of("partner.view_stockrecord", PERSON, ORDER)
ADD_REFUND = "checkout.add_refundrequest"
#: The permission of each action on an order's page, by its ``order_action``.
ORDER_ACTS = {
    "save_note": "order.add_ordernote",
    "delete_note": "order.delete_ordernote",
    "change_order_status": CHANGE_ORDER,
    "dispatch_parcel": "commerce.add_shipment",
    "provide_units": "commerce.add_shipment",
    "renew_download": "commerce.change_download",
    "send_gift_card": "commerce.change_giftcard",
    "mark_delivered": "commerce.change_shipment",
    "give_up_rest": CHANGE_ORDER,
}

#: Viewing and acting on the work queue; each kind checks its own permission again.
WORK_QUEUE_VIEW = any_of(
    CHANGE_ORDER,
    PAYMENT,
    "checkout.view_stripeevent",
    "commerce.view_outgoingmail",
    "django_tasks_database.view_dbtaskresult",
)
WORK_QUEUE_CHANGE = any_of(
    CHANGE_ORDER,
    CHANGE_PAYMENT,
    ADD_REFUND,
    "checkout.change_refundrequest",
    "checkout.add_capturerequest",
    "checkout.change_capturerequest",
    "checkout.change_stripeevent",
    "commerce.change_outgoingmail",
    "django_tasks_database.change_dbtaskresult",
)


def _in_dashboard(rows: dict[str, Access]) -> dict[str, Access]:
    return {f"dashboard:{name}": access for name, access in rows.items()}


#: The wizard creates and changes offers; Oscar's views require both.
OFFER_STEP = post_form(OFFER, ADD_OFFER, CHANGE_OFFER)

_OSCAR = {
    "index": read_only(),
    "login": Access(is_public=True),
    "logout": Access(change=()),
    # --- Catalogue ---
    "catalogue-product-list": Access(view=(PRODUCT,), change=(CHANGE_PRODUCT,)),
    "catalogue-product-lookup": read_only(PRODUCT),
    "catalogue-product-bulk-action": Access(
        view=(PRODUCT, CHANGE_PRODUCT, CHANGE_PRICE), change=(CHANGE_PRODUCT, CHANGE_PRICE)
    ),
    "stock-alert-list": read_only("partner.view_stockalert"),
    # A product's form includes its prices and stock.
    "catalogue-product": Access(
        view=(PRODUCT, CHANGE_PRODUCT), change=(CHANGE_PRODUCT, CHANGE_PRICE)
    ),
    "catalogue-product-create": post_form(PRODUCT, "catalogue.add_product", ADD_PRICE),
    "catalogue-product-create-child": post_form(PRODUCT, "catalogue.add_product", ADD_PRICE),
    **model_pages("catalogue.product", catalogue_product_delete="delete"),
    **model_pages(
        "catalogue.category",
        catalogue_category_list="view",
        catalogue_category_detail_list="view",
        catalogue_category_create="add",
        catalogue_category_create_child="add",
        catalogue_category_update="change",
        catalogue_category_delete="delete",
    ),
    **model_pages(
        "catalogue.productclass",
        catalogue_class_list="view",
        catalogue_class_create="add",
        catalogue_class_update="change",
        catalogue_class_delete="delete",
    ),
    **model_pages(
        "catalogue.attributeoptiongroup",
        catalogue_attribute_option_group_list="view",
        catalogue_attribute_option_group_create="add",
        catalogue_attribute_option_group_update="change",
        catalogue_attribute_option_group_delete="delete",
    ),
    **model_pages(
        "catalogue.option",
        catalogue_option_list="view",
        catalogue_option_create="add",
        catalogue_option_update="change",
        catalogue_option_delete="delete",
    ),
    # --- Orders ---
    # The form downloads orders; to change them, the view requires more.
    "order-list": Access(view=(ORDER,), change=()),
    "order-stats": read_only(ORDER),
    # The view checks the permission of the action.
    "order-detail": Access(view=(ORDER,), change=(any_of(*ORDER_ACTS.values()),)),
    "order-detail-note": Access(view=(ORDER, CHANGE_ORDER), change=(CHANGE_ORDER,)),
    "order-line-detail": read_only(ORDER),
    "order-shipping-address": Access(
        view=(ORDER, CHANGE_ORDER, "order.change_shippingaddress"),
        change=(CHANGE_ORDER, "order.change_shippingaddress"),
    ),
    "reports-index": read_only("analytics.view_userrecord"),
    # --- People ---
    "users-index": Access(view=(PERSON,), change=(CHANGE_PERSON,)),
    "user-detail": read_only(PERSON),
    # Replaced by ours.
    "user-password-reset": read_only(nobody),
    **model_pages(
        "customer.productalert",
        user_alert_list="view",
        user_alert_update="change",
        user_alert_delete="delete",
    ),
    # --- Suppliers: Oscar's dashboard access for them is disabled (see commerce.forks) ---
    "partner-list": read_only("partner.view_partner"),
    "partner-manage": Access(view=("partner.view_partner",), change=("partner.change_partner",)),
    **model_pages("partner.partner", partner_create="add", partner_delete="delete"),
    # --- Offers, ranges, vouchers ---
    "offer-list": read_only(OFFER),
    "offer-detail": Access(view=(OFFER,), change=(CHANGE_OFFER,)),
    "offer-metadata": OFFER_STEP,
    "offer-condition": OFFER_STEP,
    "offer-benefit": OFFER_STEP,
    "offer-restrictions": OFFER_STEP,
    **model_pages("offer.conditionaloffer", offer_delete="delete"),
    **model_pages(
        "offer.range",
        range_list="view",
        range_create="add",
        range_update="change",
        range_delete="delete",
        range_products="change",
        range_reorder="change",
    ),
    **model_pages(
        "voucher.voucher",
        voucher_list="view",
        voucher_stats="view",
        voucher_create="add",
        voucher_update="change",
        voucher_delete="delete",
    ),
    **model_pages(
        "voucher.voucherset",
        voucher_set_list="view",
        voucher_set_detail="view",
        voucher_set_download="view",
        voucher_set_create="add",
        voucher_set_update="change",
        voucher_set_delete="delete",
    ),
    "reviews-list": Access(
        view=("reviews.view_productreview",), change=("reviews.change_productreview",)
    ),
    **model_pages("reviews.productreview", reviews_update="change", reviews_delete="delete"),
    # --- Mails, flat pages, delivery by weight ---
    **model_pages("communication.communicationeventtype", comms_list="view", comms_update="change"),
    **model_pages(
        "flatpages.flatpage",
        page_list="view",
        page_create="add",
        page_update="change",
        page_delete="delete",
    ),
    **model_pages(
        "shipping.weightbased",
        shipping_method_list="view",
        shipping_method_create="add",
        shipping_method_edit="change",
        shipping_method_delete="delete",
        shipping_method_band_edit="change",
        shipping_method_band_delete="change",
    ),
    "shipping-method-detail": Access(
        view=("shipping.view_weightbased",), change=("shipping.change_weightbased",)
    ),
}

_OURS = {
    "dashboard-login": Access(is_public=True),
    "staff-user-sessions": Access(view=(PERSON, CHANGE_PERSON), change=(CHANGE_PERSON,)),
    "staff-user-privacy": Access(view=(PERSON, CHANGE_PERSON), change=(CHANGE_PERSON,)),
    "staff-privacy": Access(view=(PERSON, CHANGE_PERSON), change=(CHANGE_PERSON,)),
    "staff-user-password-reset": post_form(any_of(CHANGE_PERSON, "commerce.send_password_reset")),
    "order-refund": Access(view=(ORDER, ADD_REFUND), change=(ADD_REFUND,)),
    "order-capture": post_form("checkout.add_capturerequest"),
    "order-settle": post_form(CHANGE_PAYMENT),
    "order-accept": post_form(ADD_REFUND),
    "payment-transfers": Access(
        view=("checkout.view_banktransfer",), change=("checkout.change_banktransfer",)
    ),
    # Makes products with prices and stock.
    "staff-variants": Access(
        view=(PRODUCT, CHANGE_PRODUCT),
        change=(CHANGE_PRODUCT, "catalogue.add_product", CHANGE_PRICE, ADD_PRICE),
    ),
    "staff-bundle": Access(
        view=(PRODUCT, "commerce.view_bundlepart"), change=("commerce.change_bundlepart",)
    ),
    "staff-files": Access(
        view=(PRODUCT, "commerce.view_productfile"), change=("commerce.change_productfile",)
    ),
    "staff-options": Access(
        view=("catalogue.view_productclass",), change=("catalogue.change_productclass",)
    ),
    "staff-option-values": Access(
        view=("catalogue.view_productclass",), change=("catalogue.change_attributeoption",)
    ),
    # The views also ask for the permissions of what is imported.
    "staff-imports": Access(view=(IMPORT,), change=("commerce.add_importrun",)),
    "staff-import": Access(view=(IMPORT,), change=("commerce.change_importrun",)),
    "staff-import-settings": Access(view=(IMPORT,), change=("commerce.change_importrun",)),
    "staff-import-progress": read_only(IMPORT),
    "staff-import-report": read_only(IMPORT),
    # The views ask for the permissions of what is exported.
    "staff-exports": read_only(EXPORT),
    "staff-export": read_only(EXPORT),
    "staff-tax-return": read_only("commerce.view_documenttax"),
    "staff-tax-return-file": read_only("commerce.view_documenttax"),
    "staff-tax-rates": read_only("commerce.view_owntaxrate"),
    "staff-prices": read_only(PRODUCT, "partner.view_stockrecord"),
    "staff-order-prices": read_only(ORDER),
    "staff-returns": read_only("commerce.view_returnrequest"),
    "staff-return": Access(
        view=("commerce.view_returnrequest",), change=("commerce.change_returnrequest",)
    ),
    "staff-withdrawals": read_only("commerce.view_withdrawal"),
    "staff-withdrawal": Access(
        view=("commerce.view_withdrawal",), change=("commerce.change_withdrawal",)
    ),
    "attention": Access(view=(WORK_QUEUE_VIEW,), change=(WORK_QUEUE_CHANGE,)),
    "audit-log": read_only("commerce.view_auditentry"),
    "packing-list": read_only(ORDER),
    "staff-document": read_only(ORDER),
    "demo-faults": Access(view=(lambda user: user.is_superuser,), change=()),
}

TABLE = {**_in_dashboard(_OSCAR), **_OURS}
