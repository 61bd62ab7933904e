"""Accounts: codes, links, passwords, addresses; and no information about other accounts."""

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from checkout_app.payments import begin
from commerce.accounts.adoption import adopt_guest_orders
from commerce.orders.mails import order_status_path
from tests.factories import PASSWORD, make_basket, make_submission, make_user
from tests.shopper import put_in_basket
from tests.signing import (
    NEW_PASSWORD,
    another,
    code_in,
    is_signed_in,
    let_sign_in_age,
    link_in,
    mails,
    prove_again,
    reset_link,
    set_password,
    sign_in,
    sign_up,
    type_code,
)

pytestmark = pytest.mark.django_db
User = get_user_model()


@pytest.fixture(autouse=True)
def _fresh_limits():
    """Clear allauth's counts of mails and tries, because the cache outlives a test."""
    cache.clear()


def let_pass(client, minutes):
    """Age the code in the session by some minutes."""
    session = client.session
    for key, value in list(session.items()):
        if isinstance(value, dict):
            session[key] = _earlier(value, minutes * 60)
    session.save()


def _earlier(value, seconds):
    if isinstance(value, dict):
        return {
            key: inner - seconds if key == "at" else _earlier(inner, seconds)
            for key, inner in value.items()
        }
    return value


def test_signing_up_by_code(client, db):
    sign_up(client)
    assert not is_signed_in(client)

    type_code(client, code_in(mails()[-1]))

    assert is_signed_in(client)
    assert User.objects.get().emailaddress_set.get().verified


@pytest.mark.parametrize("code", ["000000x", "", "12345", "abcdef"])
def test_malformed_code_is_refused(client, db, code):
    sign_up(client)

    type_code(client, code)

    assert not is_signed_in(client)


def test_code_expires_after_five_wrong_tries(client, db):
    sign_up(client)
    code = code_in(mails()[-1])
    for _try in range(5):
        type_code(client, another(code))

    type_code(client, code)

    assert not is_signed_in(client)
    assert not User.objects.get().emailaddress_set.get().verified


def test_fourth_wrong_code_leaves_one_try(client, db):
    sign_up(client)
    code = code_in(mails()[-1])
    for _try in range(4):
        type_code(client, another(code))

    type_code(client, code)

    assert is_signed_in(client)


@pytest.mark.parametrize(("minutes", "works"), [(9, True), (11, False)])
def test_code_expires_after_ten_minutes(client, db, minutes, works):
    sign_up(client)
    code = code_in(mails()[-1])
    let_pass(client, minutes)

    type_code(client, code)

    assert is_signed_in(client) is works


def test_code_of_one_browser_does_not_work_in_another(client, db):
    sign_up(client)
    thief = type(client)()

    type_code(thief, code_in(mails()[-1]))

    assert not is_signed_in(thief)


def test_used_code_cannot_be_used_again(client, db):
    make_user()
    client.post(reverse("account_request_login_code"), {"email": "ada@example.com"})
    code = code_in(mails()[-1])
    type_code(client, code, "account_confirm_login_code")
    assert is_signed_in(client)
    client.post(reverse("account_logout"))

    type_code(client, code, "account_confirm_login_code")

    assert not is_signed_in(client)


def test_sign_in_code_expires_after_five_wrong_tries(client, db):
    make_user()
    client.post(reverse("account_request_login_code"), {"email": "ada@example.com"})
    code = code_in(mails()[-1])
    for _try in range(5):
        type_code(client, another(code), "account_confirm_login_code")

    type_code(client, code, "account_confirm_login_code")

    assert not is_signed_in(client)


@pytest.mark.parametrize(("minutes", "works"), [(9, True), (11, False)])
def test_sign_in_code_expires_after_ten_minutes(client, db, minutes, works):
    make_user()
    client.post(reverse("account_request_login_code"), {"email": "ada@example.com"})
    let_pass(client, minutes)

    type_code(client, code_in(mails()[-1]), "account_confirm_login_code")

    assert is_signed_in(client) is works


def test_address_in_any_case_signs_in(client, db):
    make_user("ada@example.com")

    sign_in(client, "ADA@Example.com")

    assert is_signed_in(client)


def test_reset_link_works_once(client, db):
    make_user()
    link = reset_link(client)

    set_password(client, link)
    assert User.objects.get().check_password(NEW_PASSWORD)
    set_password(type(client)(), link, "another-one-55-x")

    assert User.objects.get().check_password(NEW_PASSWORD)
    assert "Your password was changed" in [mail.subject for mail in mails("ada@example.com")]


def test_reset_link_expires_with_the_old_password(client, db):
    user = make_user()
    link = reset_link(client)
    user.set_password("changed-elsewhere-7")
    user.save()

    set_password(client, link)

    assert not User.objects.get().check_password(NEW_PASSWORD)


@pytest.mark.parametrize(
    ("view", "field"),
    [
        ("account_reset_password", "email"),
        ("account_request_login_code", "email"),
        ("account_signup", "email"),
    ],
)
def test_pages_respond_alike_whether_the_account_exists(client, db, view, field):
    make_user("ada@example.com")
    extra = {"password1": NEW_PASSWORD} if view == "account_signup" else {}

    known = client.post(reverse(view), {field: "ada@example.com", **extra})
    unknown = type(client)().post(reverse(view), {field: "nobody@example.com", **extra})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_wrong_password_and_unknown_account_look_alike(client, db):
    make_user("ada@example.com")

    known = sign_in(client, "ada@example.com", "wrong-password-1")
    unknown = sign_in(client, "nobody@example.com", "wrong-password-1")

    assert known.context["form"].errors == unknown.context["form"].errors


def test_signing_up_with_a_known_address_only_tells_its_owner(client, db):
    make_user("ada@example.com")

    sign_up(client, "ada@example.com")

    assert [mail.subject for mail in mails()] == ["You already have an account"]
    assert User.objects.count() == 1


def test_new_address_counts_once_verified_and_the_old_one_is_notified(client, db):
    make_user("ada@example.com")
    sign_in(client)
    prove_again(client)
    client.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})
    assert User.objects.get().email == "ada@example.com"

    type_code(client, code_in(mails("new@example.com")[-1]))

    assert User.objects.get().email == "new@example.com"
    assert "Your email address was changed" in [m.subject for m in mails("ada@example.com")]


def test_password_change_sends_a_notice(client, db):
    make_user()
    sign_in(client)

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert [mail.subject for mail in mails()] == ["Your password was changed"]
    assert is_signed_in(client)


def guest_order(email):
    Order = get_model("order", "Order")
    return Order.objects.create(
        number=f"SM-{Order.objects.count()}", guest_email=email, status="Paid",
        total_incl_tax=1, total_excl_tax=1, basket=make_basket(),
        shipping_incl_tax=0, shipping_excl_tax=0,
    )  # fmt: skip


def test_guest_orders_are_adopted_only_after_verification(client, db):
    mine, other = guest_order("ADA@example.com"), guest_order("grace@example.com")
    sign_up(client)
    mine.refresh_from_db()
    assert mine.user is None

    type_code(client, code_in(mails()[-1]))

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.user, other.user) == (User.objects.get(), None)


def test_basket_survives_signing_up(client, mug):
    child = mug.children.first()
    put_in_basket(client, mug, 2, child_id=child.pk)

    sign_up(client)
    type_code(client, code_in(mails()[-1]))

    basket = client.get("/basket/").wsgi_request.basket
    assert (basket.owner, basket.num_items) == (User.objects.get(), 2)


def test_orders_of_others_are_not_shown(client, db):
    make_user("ada@example.com")
    order = guest_order("grace@example.com")
    order.user = make_user("grace@example.com")
    order.save()
    sign_in(client)

    assert client.get(reverse("customer:order", args=[order.number])).status_code == 404


def test_account_pages_need_an_account(client, db):
    for name in ("summary", "order-list", "address-list", "profile-update", "profile-delete"):
        response = client.get(reverse(f"customer:{name}"))
        assert response.url.startswith(reverse("account_login")), name


def test_deleting_the_account_anonymises_its_orders(client, db):
    user = make_user("ada@example.com")
    order = guest_order("")
    order.user, order.status = user, "Delivered"
    order.save()
    sign_in(client)
    prove_again(client)
    assert client.get(reverse("customer:profile-delete")).status_code == 200

    client.post(reverse("customer:profile-delete"), {"confirm": "on"})

    order.refresh_from_db()
    assert (User.objects.count(), order.user) == (0, None)


def test_new_staff_choose_their_own_password(client, site_root):
    make_user("boss@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "boss@example.com")

    client.post(
        reverse("wagtailusers_users:add"),
        {
            "email": "new@example.com", "first_name": "Ada", "last_name": "Fen",
            "password1": NEW_PASSWORD, "password2": NEW_PASSWORD,
        },
    )  # fmt: skip

    person = User.objects.get(email="new@example.com")
    assert not person.has_usable_password()
    mail = mails("new@example.com")[0]
    assert (mail.subject, mail.is_secret) == (f"Your account at {settings.SITE_NAME}", True)
    own = Client()
    set_password(own, link_in(mail))
    sign_in(own, "new@example.com", NEW_PASSWORD)
    type_code(own, code_in(mails("new@example.com")[-1]))
    assert is_signed_in(own)
    person.refresh_from_db()
    assert person.check_password(NEW_PASSWORD)


def test_staff_cannot_set_another_users_password(client, site_root):
    make_user("boss@example.com", is_staff=True, is_superuser=True)
    sign_in(client, "boss@example.com")
    person = make_user("clerk@example.com")
    url = reverse("wagtailusers_users:edit", args=[person.pk])

    page = client.get(url).content.decode()
    client.post(
        url,
        {
            "email": person.email, "first_name": "Ada", "last_name": "Fen", "is_active": "on",
            "password1": NEW_PASSWORD, "password2": NEW_PASSWORD,
        },
    )  # fmt: skip

    person.refresh_from_db()
    assert "password1" not in page
    assert person.first_name == "Ada"
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize(("name", "data"), [
    ("customer:profile-delete", {"confirm": "on"}),
    ("account_email", {"email": "new@example.com", "action_add": ""}),
])  # fmt: skip
def test_sensitive_pages_ask_for_the_password_again(client, db, name, data):
    make_user("ada@example.com")
    sign_in(client)
    let_sign_in_age(client)

    response = client.post(reverse(name), data)

    assert response.url.startswith(reverse("account_reauthenticate"))
    assert User.objects.get().email == "ada@example.com"
    assert mails("new@example.com") == []


def test_address_of_another_account_cannot_become_primary(client, shop):
    stranger = make_user("grace@example.com")
    address = stranger.addresses.create(
        first_name="Grace", last_name="Fen", line1="x", line4="y", postcode="NR23 1AH",
        country_id="GB",
    )  # fmt: skip
    make_user("ada@example.com")
    sign_in(client)
    url = reverse("customer:address-change-status", args=[address.pk, "default_for_shipping"])

    assert client.post(url).status_code == 404
    assert client.get(url).status_code == 405


def test_adopted_order_brings_its_address_and_names(client, vase):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    user = make_user("ada@example.com")

    assert adopt_guest_orders(user, "Ada@Example.com") == 1

    user.refresh_from_db()
    assert user.get_full_name() == "Ada Marsh"
    assert user.addresses.get().postcode == "NR23 1AH"
    assert user.orders.get().pk == attempt.order_id


def test_mailed_link_redirects_to_the_account_that_adopted_the_order(client, vase):
    attempt, _intent = begin.begin(make_submission(make_basket((vase, 1))))
    link = order_status_path(attempt.order)
    user = make_user("ada@example.com")
    adopt_guest_orders(user, "ada@example.com")
    client.force_login(user)

    response = client.get(link, follow=True)

    assert response.status_code == 200
    assert attempt.order.number in response.content.decode()


def test_customer_on_a_staff_page_is_refused_without_a_redirect_loop(client, vase):
    client.force_login(make_user("ada@example.com"))

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
