"""Models with personal data: Oscar's, those of the accounts' libraries, and ours."""

from django.utils.translation import gettext_lazy as _

from commerce.privacy.inventory import (
    ANONYMISED,
    BOOKS,
    DELETED,
    EXPIRES,
    UNLINKED,
    about_people,
    nothing_personal,
)

#: Why a table is not in the export.
SECRETS = _("a secret, not about the person")
INTERNAL = _("about staff, not the customer")
NO_LINK = _("not linked to a person")
COPY = _("a copy of another section")

ADDRESS = "title first_name last_name line1 line2 line3 line4 state postcode country search_text"

ACCOUNTS = {
    "commerce.user": about_people(
        DELETED,
        "email first_name last_name last_login date_joined is_active",
        "id is_staff is_superuser groups user_permissions",
        hidden="password session_generation",
        section="account",
    ),
    "commerce.user_groups": about_people(DELETED, "user group", "id", left_out=COPY),
    "commerce.user_user_permissions": about_people(DELETED, "user permission", "id", left_out=COPY),
    "commerce.marketingconsent": about_people(
        DELETED, "user is_given source updated_at", "id", section="marketing_consent"
    ),
    "commerce.profilepicture": about_people(
        DELETED, "user updated_at", "id", hidden="name content", section="profile_picture"
    ),
    "account.emailaddress": about_people(
        DELETED, "user email verified primary", "id", section="email_addresses"
    ),
    "account.emailconfirmation": about_people(
        DELETED, "email_address created sent", "id", hidden="key", left_out=SECRETS
    ),
    "mfa.authenticator": about_people(
        DELETED, "user type created_at last_used_at", "id", hidden="data", section="second_factors"
    ),
    "usersessions.usersession": about_people(
        DELETED,
        "user created_at ip last_seen_at user_agent data",
        "id",
        hidden="session_key",
        section="sessions",
    ),
    # Sessions of an account end with it; a guest's session has no address.
    "sessions.session": about_people(
        EXPIRES, "expire_date", hidden="session_key session_data", left_out=SECRETS
    ),
    "socialaccount.socialaccount": about_people(
        DELETED,
        "user provider uid last_login date_joined extra_data",
        "id",
        section="other_services",
    ),
    "socialaccount.socialtoken": about_people(
        DELETED, "account expires_at", "id app", hidden="token token_secret", left_out=SECRETS
    ),
    "socialaccount.socialapp": about_people(
        _("settings of the shop"),
        "",
        "id provider provider_id name client_id settings sites",
        hidden="secret key",
        left_out=NO_LINK,
    ),
    "commerce.throttle": about_people(
        EXPIRES, "key", "id count started_at wait_until", left_out=NO_LINK
    ),
    "partner.partner_users": about_people(DELETED, "user partner", "id", left_out=COPY),
}

CUSTOMERS = {
    "address.useraddress": about_people(
        DELETED,
        f"{ADDRESS} phone_number notes user is_default_for_shipping is_default_for_billing "
        "num_orders_as_shipping_address num_orders_as_billing_address date_created",
        "id code hash",
        section="addresses",
    ),
    "analytics.userproductview": about_people(
        DELETED, "user product date_created", "id", section="viewed_products"
    ),
    "analytics.userrecord": about_people(
        DELETED,
        "user num_product_views num_basket_additions num_orders num_order_lines num_order_items "
        "total_spent date_last_order",
        "id",
        section="totals",
    ),
    "analytics.usersearch": about_people(
        DELETED, "user query date_created", "id", section="searches"
    ),
    "basket.basket": about_people(
        DELETED,
        "owner status date_created date_merged date_submitted vouchers",
        "id",
        section="baskets",
    ),
    "basket.basket_vouchers": about_people(DELETED, "basket voucher", "id", left_out=COPY),
    "basket.line": about_people(
        DELETED,
        "basket product quantity date_created date_updated",
        "id line_reference stockrecord price_currency price_excl_tax price_incl_tax tax_code",
        section="basket_lines",
    ),
    "basket.lineattribute": about_people(
        DELETED, "line option value", "id", section="basket_options"
    ),
    "customer.productalert": about_people(
        DELETED,
        "product user email status date_created date_confirmed date_cancelled date_closed",
        "id",
        hidden="key",
        section="stock_alerts",
    ),
    "reviews.productreview": about_people(
        ANONYMISED,
        "user name email homepage",
        "id product score title body status code total_votes delta_votes date_created",
        section="reviews",
    ),
    "reviews.vote": about_people(
        DELETED, "review user delta date_created", "id", section="review_votes"
    ),
    "wishlists.wishlist": about_people(
        DELETED, "owner name visibility date_created", "id", hidden="key", section="wish_lists"
    ),
    "wishlists.line": about_people(
        DELETED, "wishlist product quantity title", "id", section="wish_list_lines"
    ),
    "wishlists.wishlistsharedemail": about_people(
        DELETED, "wishlist email", "id", section="wish_list_shares"
    ),
    "commerce.wishlistlink": about_people(
        DELETED, "wishlist created_at", "id", hidden="token", section="wish_list_links"
    ),
    "voucher.voucherapplication": about_people(
        UNLINKED, "user voucher order date_created", "id", section="vouchers_used"
    ),
    "commerce.outgoingmail": about_people(
        DELETED,
        "to subject user created_at sent_at",
        "id state attempts next_attempt_at",
        hidden="key body_text body_html last_error is_secret",
        section="mails",
    ),
    "communication.email": about_people(
        DELETED,
        "user email subject date_sent",
        "id",
        hidden="body_text body_html",
        section="account_mails",
    ),
    "communication.notification": about_people(
        DELETED,
        "recipient subject body location date_sent date_read",
        "id",
        staff="sender",
        section="notifications",
    ),
    "commerce.searchmiss": about_people(EXPIRES, "words", "id count last_at", left_out=NO_LINK),
}

ORDERS = {
    "order.order": about_people(
        BOOKS,
        "user guest_email billing_address shipping_address number date_placed",
        "id site basket currency total_incl_tax total_excl_tax shipping_incl_tax "
        "shipping_excl_tax shipping_tax_code shipping_method shipping_code status "
        "analytics_tracked",
        section="orders",
    ),
    "order.billingaddress": about_people(BOOKS, ADDRESS, "id code", section="billing_addresses"),
    "order.shippingaddress": about_people(
        BOOKS, f"{ADDRESS} phone_number notes", "id code", section="delivery_addresses"
    ),
    "order.line": about_people(
        BOOKS,
        "order product title quantity",
        "id partner partner_name partner_sku partner_line_reference partner_line_notes "
        "stockrecord upc line_price_incl_tax line_price_excl_tax "
        "line_price_before_discounts_incl_tax line_price_before_discounts_excl_tax "
        "unit_price_incl_tax unit_price_excl_tax tax_code status num_allocated "
        "allocation_cancelled",
        section="order_lines",
    ),
    "order.lineattribute": about_people(
        ANONYMISED, "line option type value", "id", section="order_options"
    ),
    "order.orderdiscount": about_people(
        BOOKS,
        "order offer_name voucher_code amount message",
        "id category offer_id voucher_id frequency",
        section="order_discounts",
    ),
    "order.ordernote": about_people(
        DELETED,
        "order message date_created date_updated",
        "id note_type",
        staff="user",
        section="order_notes",
    ),
    "order.orderstatuschange": about_people(
        BOOKS, "order old_status new_status date_created", "id", section="order_statuses"
    ),
    "payment.bankcard": about_people(
        DELETED,
        "user card_type name number expiry_date",
        "id",
        hidden="partner_reference",
        section="bank_cards",
    ),
    "payment.source": about_people(
        BOOKS,
        "order source_type currency amount_allocated amount_debited amount_refunded label",
        "id reference",
        section="payments",
    ),
    "payment.transaction": about_people(
        BOOKS,
        "source txn_type amount date_created",
        "id reference status",
        section="payment_transactions",
    ),
    "commerce.ordertax": about_people(
        BOOKS, "order vat_number", "territory", section="order_taxes"
    ),
    "commerce.commercialdocument": about_people(
        BOOKS,
        "order number kind facts issued_at",
        "id shipment",
        hidden="key",
        section="documents",
    ),
    "commerce.orderevent": about_people(
        ANONYMISED,
        "order kind text old_status new_status amount created_at",
        "id reference",
        staff="user actor",
        section="order_history",
    ),
    "commerce.download": about_people(
        BOOKS, "line file expires_at left count last_at ended_at", "id", section="downloads"
    ),
    "commerce.giftcard": about_people(
        ANONYMISED,
        "line value currency email recipient message send_on status sent_at created_at",
        "id number sendings code_end",
        hidden="code_digest",
        section="gift_cards",
    ),
    "commerce.returnrequest": about_people(
        ANONYMISED,
        "order number state reason answer created_at decided_at received_at refunded_at",
        "id",
        hidden="key",
        section="returns",
    ),
    "commerce.returnline": about_people(
        BOOKS,
        "request line quantity received condition",
        "id restocked",
        section="return_lines",
    ),
    "commerce.shipment": about_people(
        BOOKS,
        "carrier tracking_number arrives_from arrives_until delivered_at",
        "id event",
        hidden="key",
        staff="user",
        section="parcels",
    ),
    "commerce.withdrawal": about_people(
        ANONYMISED,
        "number name email order_number items submitted_at order state answer decided_at",
        "id return_request",
        hidden="key",
        staff="decided_by",
        section="withdrawals",
    ),
}

SHOP = {
    "commerce.auditentry": about_people(
        ANONYMISED,
        "about act address created_at",
        "id kind object_id changes",
        staff="user actor",
        section="sign_ins",
    ),
    # Uploads and rows may contain customers. An erasure deletes their rows and those uploads; all
    # others expire within weeks.
    "commerce.importrun": about_people(
        EXPIRES,
        "",
        "id kind profile file_name options state message total cursor ignored_columns "
        "is_cancelling lease_key lease_until takeovers created_at started_at finished_at",
        staff="user",
        left_out=INTERNAL,
    ),
    "commerce.importrow": about_people(
        DELETED,
        "identity before after problems remarks",
        "id run position line outcome step object_id",
        left_out=_("a temporary copy of what the account contains"),
    ),
    "commerce.importfilepart": about_people(
        DELETED,
        "",
        "id run role position",
        hidden="content",
        left_out=_("a temporary copy of what the account contains"),
    ),
    "commerce.stockchange": about_people(
        ANONYMISED,
        "",
        "id stockrecord sku kind in_stock_before in_stock_after allocated_before allocated_after "
        "order_number reason created_at",
        staff="user actor",
        left_out=INTERNAL,
    ),
    "django_tasks_database.dbtaskresult": about_people(
        DELETED,
        "",
        "id status enqueued_at started_at finished_at priority task_path worker_ids queue_name "
        "backend_name run_after return_value exception_class_path",
        hidden="args_kwargs traceback",
        left_out=_("a task of the shop; finished rows that name the person are deleted"),
    ),
    "offer.rangeproductfileupload": about_people(
        DELETED,
        "",
        "id range filepath size date_uploaded upload_type status error_message date_processed "
        "num_new_skus num_unknown_skus num_duplicate_skus",
        staff="uploaded_by",
        left_out=INTERNAL,
    ),
    "partner.partneraddress": about_people(
        _("kept while the supplier is active"),
        "",
        f"id code {ADDRESS} partner",
        left_out=_("the address of a business"),
    ),
}

#: Database tables without a model, by name and column.
TABLES = {
    # Django's cache for allauth's limits: network addresses and accounts in keys, times in values.
    # ``forget_old_throttles`` deletes what has expired, every hour.
    "commerce_throttlecache": about_people(EXPIRES, "cache_key value expires", left_out=NO_LINK),
    "django_migrations": nothing_personal({"": "id app name applied"})[""],
}

INVENTORY = {**ACCOUNTS, **CUSTOMERS, **ORDERS, **SHOP}
