"""Chapters 1, 2 and 15 of docs/security.md: requests are data and never run as code."""

import ast
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from tests import shopper
from tests.factories import PASSWORD, make_user
from tests.signing import is_signed_in, mails, sign_in, sign_up

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("commerce", "checkout_app", "home", "site_project")
#: Functions that run text as code or pass it to a shell.
RUNS_TEXT = {"eval", "exec", "os.system", "os.popen", "pickle.loads", "pickle.load", "yaml.load"}


def calls_of_the_code():
    """``(place, name, call)`` of every call in the site's modules."""
    for floor in FLOORS:
        for path in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", ast.unparse(node.func), node


def test_search_query_is_escaped_on_its_page(client, site_root):
    page = client.get(reverse("search:search"), {"q": "<script>alert(1)</script>"})

    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


@pytest.mark.parametrize(
    "text", ["xyzzy') OR ('a' = 'a", '" OR ""="', "%' UNION SELECT password --"]
)
def test_sql_in_a_search_finds_nothing(client, vase, site_root, text):
    page = client.get(reverse("search:search"), {"q": text})

    assert page.status_code == 200
    assert "Nothing found" in page.text
    assert page.context["list_page"].cards == []


def test_no_code_evaluates_text():
    found = [place for place, name, _ in calls_of_the_code() if name in RUNS_TEXT]

    assert found == []


def test_no_program_runs_through_a_shell():
    shells = [
        place
        for place, _, call in calls_of_the_code()
        for word in call.keywords
        if word.arg == "shell" and getattr(word.value, "value", True)
    ]

    assert shells == []


def test_line_break_in_an_email_address_sends_no_mail(client, site_root):
    sign_up(client, "ada@example.com\nBcc: eve@example.com")

    assert mails() == []


@pytest.mark.parametrize("quantity", ["9" * 40, "-1", "1e9", "0x10", "NaN"])
def test_quantity_out_of_range_adds_nothing(client, vase, site_root, quantity):
    answer = shopper.put_in_basket(client, vase, quantity=quantity)

    page = client.get(reverse("basket:summary"))
    assert answer.status_code < 500
    assert page.context["basket"].num_items == 0


def test_query_string_does_not_replace_form_data(client, site_root):
    make_user()

    client.post(f"{reverse('account_login')}?login=ada@example.com&password={PASSWORD}")

    assert not is_signed_in(client)


def test_form_sets_only_its_own_fields(client, site_root):
    make_user()
    sign_in(client)
    rights = {"is_staff": "on", "is_superuser": "on", "groups": "1", "email": "eve@example.com"}

    client.post(reverse("customer:profile-update"), {"first_name": "Ada", **rights})

    user = get_user_model().objects.get()
    assert user.first_name == "Ada"
    assert not user.is_staff
    assert not user.is_superuser
    assert user.email == "ada@example.com"
