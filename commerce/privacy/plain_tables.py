"""Models without personal data: catalogue, prices, read models, settings."""

from commerce.privacy.inventory import nothing_personal

PLAIN = nothing_personal(
    {
        "address.country": (
            "iso_3166_1_a2 iso_3166_1_a3 iso_3166_1_numeric printable_name name display_order "
            "is_shipping_country"
        ),
        "analytics.productrecord": "id product num_views num_basket_additions num_purchases score",
        "auth.group": "id name permissions",
        "auth.group_permissions": "id group permission",
        "auth.permission": "id name content_type codename",
        "catalogue.attributeoption": "id group option code",
        "catalogue.attributeoptiongroup": "id name code",
        "catalogue.category": (
            "id path depth numchild name code description long_description meta_title "
            "meta_description image slug exclude_from_menu is_public ancestors_are_public"
        ),
        "catalogue.option": "id name code type required option_group help_text order",
        "catalogue.product": (
            "id structure is_public upc parent title slug description meta_title "
            "meta_description priority product_class rating date_created date_updated "
            "is_discountable code attributes product_options recommended_products categories"
        ),
        "catalogue.product_product_options": "id product option",
        "catalogue.productattribute": "id product_class name code type option_group required",
        "catalogue.productattributevalue": (
            "id attribute product value_text value_integer value_boolean value_float "
            "value_richtext value_date value_datetime value_option value_file value_image "
            "entity_content_type entity_object_id value_multi_option"
        ),
        "catalogue.productattributevalue_value_multi_option": (
            "id productattributevalue attributeoption"
        ),
        "catalogue.productcategory": "id product category",
        "catalogue.productcategoryhierarchy": "id product_id category_id",
        "catalogue.productclass": "id name slug requires_shipping track_stock options",
        "catalogue.productclass_options": "id productclass option",
        "catalogue.productimage": "id product code original caption display_order date_created",
        "catalogue.productrecommendation": "id primary recommendation ranking",
        "commerce.answercount": "id day way count",
        "commerce.boughttogether": "id product other orders",
        "commerce.bundlepart": "id bundle part quantity",
        "commerce.deliverymethod": (
            "id code name description price rates free_over max_length max_width max_height "
            "is_pickup is_digital cutoff_hour min_days max_days position is_active countries"
        ),
        "commerce.deliverymethod_countries": "id deliverymethod country",
        "commerce.documentcounter": "id kind year last",
        "commerce.facetattribute": "id attribute position",
        "commerce.importedpicture": "id product_image source",
        "commerce.importmapping": "id kind columns_hash mapping updated_at",
        "commerce.linefulfilment": "line kind gift_card_value",
        "commerce.listing": (
            "product title path created rating review_count popularity availability is_gone "
            "card variants variant_photos photos categories"
        ),
        "commerce.listingterms": "listing text",
        "commerce.voucherterms": "voucher is_for_first_order most_orders countries",
        "commerce.voucherterms_countries": "id voucherterms country",
        "commerce.orderpickup": "id order",
        "commerce.orderlinepricing": "line stages surcharge",
        "commerce.orderpromise": "id order arrives_from arrives_until",
        "commerce.orderlinepart": "id line stockrecord title quantity",
        "commerce.pricewindow": "id listing number start until currency price was is_from ends "
        "content content_unit",
        "commerce.productcollection": (
            "id title slug description category product_class values price_from price_to "
            "is_in_stock is_on_sale sort is_public"
        ),
        "commerce.optionprice": "option price max_length meaning",
        "commerce.producttypetax": "product_class tax_class",
        "commerce.pricepoint": "id product currency country price since",
        "commerce.taxclass": "id code name",
        "commerce.documenttax": "id document country percent relief currency net tax issued_on",
        "commerce.owntaxrate": "id country tax_class percent since until",
        "commerce.optionvaluedisplay": "id value position colour picture",
        "commerce.productdetails": (
            "product weight length width height is_shipped is_stock_counted gift_card_value content content_unit min_quantity "
            "step_quantity max_quantity later available_from"
        ),
        "commerce.categoryphoto": "category image",
        "commerce.productfile": "id product title file name size is_offered",
        "commerce.productphoto": "id product_image image options",
        "commerce.productphoto_options": "id productphoto attributeoption",
        "commerce.shopsettings": (
            "id name strapline company address representative register_number vat_number email "
            "telephone hours logo paper ink accent sale paper_dark ink_dark accent_dark sale_dark "
            "heading_font body_font country currency language time_zone units holiday_region "
            "closed_days tax_percent postcode prices_abroad oss_since tax_registrations tax_rounding "
            "order_number_prefix max_items download_days download_limit price_bands product_word "
            "product_word_plural facts_label facts care_attribute brand_attribute "
            "height_attribute width_attribute empty_basket_text empty_search_text not_found_text"
        ),
        "commerce.variantoption": "id attribute position control meaning",
        "commerce.promotedresult": "id query product position",
        "commerce.retirement": "id product replacement created_at",
        "commerce.saleprice": "id stockrecord price start until",
        "commerce.searchsynonym": "id words",
        "commerce.term": "id kind value label n is_known bitmap title_bitmap known_bitmap",
        "commerce.workerheartbeat": "worker_id seen_at cache_epoch",
        "communication.communicationeventtype": (
            "id code name category email_subject_template email_body_template "
            "email_body_html_template sms_template date_created date_updated"
        ),
        "contenttypes.contenttype": "id app_label model",
        "flatpages.flatpage": (
            "id url title content enable_comments template_name registration_required sites"
        ),
        "flatpages.flatpage_sites": "id flatpage site",
        "offer.absolutediscountbenefit": "",
        "offer.benefit": "id range type value max_affected_items proxy_class",
        "offer.condition": "id range type value proxy_class",
        "offer.conditionaloffer": (
            "id name slug description offer_type exclusive status condition benefit priority "
            "start_datetime end_datetime max_global_applications max_user_applications "
            "max_basket_applications max_discount total_discount num_applications num_orders "
            "redirect_url date_created combinations"
        ),
        "offer.conditionaloffer_combinations": "id from_conditionaloffer to_conditionaloffer",
        "offer.countcondition": "",
        "offer.coveragecondition": "",
        "offer.fixedpricebenefit": "",
        "offer.fixedunitdiscountbenefit": "",
        "offer.multibuydiscountbenefit": "",
        "offer.percentagediscountbenefit": "",
        "offer.range": (
            "id name slug description is_public includes_all_products proxy_class "
            "date_created included_products excluded_products classes included_categories "
            "excluded_categories"
        ),
        "offer.range_classes": "id range productclass",
        "offer.range_excluded_categories": "id range category",
        "offer.range_excluded_products": "id range product",
        "offer.range_included_categories": "id range category",
        "offer.rangeproduct": "id range product display_order",
        "offer.shippingabsolutediscountbenefit": "",
        "offer.shippingbenefit": "",
        "offer.shippingfixedpricebenefit": "",
        "offer.shippingpercentagediscountbenefit": "",
        "offer.valuecondition": "",
        "order.communicationevent": "id order event_type date_created",
        "order.lineprice": (
            "id order line quantity price_incl_tax price_excl_tax shipping_incl_tax "
            "shipping_excl_tax tax_code"
        ),
        "order.orderlinediscount": "id line order_discount is_incl_tax amount",
        "order.paymentevent": (
            "id order amount reference event_type shipping_event date_created lines"
        ),
        "order.paymenteventquantity": "id event line quantity",
        "order.paymenteventtype": "id name code",
        "order.shippingevent": "id order event_type notes date_created lines",
        "order.shippingeventquantity": "id event line quantity",
        "order.shippingeventtype": "id name code",
        "order.surcharge": "id order name code incl_tax excl_tax tax_code",
        "partner.partner": "id code name users",
        "partner.stockalert": "id stockrecord threshold status date_created date_closed",
        "partner.stockrecord": (
            "id product partner partner_sku price_currency price num_in_stock num_allocated "
            "low_stock_threshold date_created date_updated"
        ),
        "payment.sourcetype": "id name code",
        "shipping.orderanditemcharges": (
            "id code name description price_per_order price_per_item free_shipping_threshold "
            "countries"
        ),
        "shipping.orderanditemcharges_countries": "id orderanditemcharges country",
        "shipping.weightband": "id method upper_limit charge",
        "shipping.weightbased": "id code name description default_weight countries",
        "shipping.weightbased_countries": "id weightbased country",
        "sites.site": "id domain name",
        "socialaccount.socialapp_sites": "id socialapp site",
        "taggit.tag": "id name slug",
        "taggit.taggeditem": "id tag content_type object_id",
        "voucher.voucher": (
            "id name code usage start_datetime end_datetime num_basket_additions num_orders "
            "total_discount voucher_set date_created offers"
        ),
        "voucher.voucher_offers": "id voucher conditionaloffer",
        "voucher.voucherset": (
            "id name count code_length description date_created start_datetime end_datetime"
        ),
    }
)
