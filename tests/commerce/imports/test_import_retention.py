"""Uploads are deleted after two weeks, what imports changed after two months."""

from datetime import timedelta

import pytest
from django.utils import timezone

from commerce.imports.runs import finish, start_undo
from commerce.models import ImportFilePart, ImportRow, ImportRun, User
from commerce.privacy.erasure import erase
from commerce.privacy.people import person_at, person_of
from commerce.privacy.retention import apply_rules
from tests.commerce.imports.test_export import outcomes, run_file
from tests.privacy import traces_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def make_run(age):
    run = ImportRun.objects.create(
        kind="customers", profile="plain", file_name="x.csv", state="done",
        created_at=NOW - timedelta(days=age),
    )  # fmt: skip
    ImportFilePart.objects.create(run=run, role="data", position=0, content=b"email")
    ImportRow.objects.create(run=run, position=0, line=2, identity="a@example.com", outcome="new")
    return run


def test_files_rows_and_runs_expire():
    new, old, gone = make_run(13), make_run(15), make_run(61)

    list(apply_rules(at=NOW))

    assert set(ImportFilePart.objects.values_list("run", flat=True)) == {new.pk}
    assert set(ImportRow.objects.values_list("run", flat=True)) == {new.pk, old.pk}
    assert gone.pk not in ImportRun.objects.values_list("pk", flat=True)


CUSTOMERS = (
    b"email,first_name,last_name,line1,city,postcode,country,phone\n"
    b"Clotilde@example.com,Clotilde,Vane,12 Quay Street,Wells,NR23 1AH,GB,07700 900123\n"
    b"not.clotilde@example.com,Dora,Fen,,,,,\n"
)
REVIEWS = (
    b"product,score,title,body,name,email,status\n"
    b"moon-vase,5,Lovely,Really,Clotilde Vane,clotilde@example.com,approved\n"
    b"moon-vase,4,Fine,Really,Dora,dora@example.com,approved\n"
)


def test_erased_customer_is_in_no_import(vase):
    customers = run_file(CUSTOMERS, kind="customers")
    reviews = run_file(REVIEWS, kind="reviews", accounts=True)
    other = run_file(b"email,first_name\nzoe@example.com,Zoe\n", kind="customers")
    user = User.objects.get(email="clotilde@example.com")
    user.emailaddress_set.update_or_create(email=user.email, defaults={"verified": True})
    assert vase.reviews.get(user=user).score == 5

    erase(person_of(user))

    assert traces_of("Clotilde Vane", "12 Quay Street", "Vane") == set()
    assert outcomes(customers) == {"not.clotilde@example.com": "new"}
    assert outcomes(reviews) == {"moon-vase Dora Fine": "new"}
    assert set(ImportFilePart.objects.values_list("run", flat=True)) == {other.pk}
    start_undo(customers.pk)
    assert finish(customers.pk).state == "undone"
    assert list(User.objects.values_list("first_name", flat=True)) == ["Zoe"]


def test_refused_row_of_an_erased_guest_is_deleted(vase):
    content = REVIEWS.replace(b"Clotilde Vane", b"").replace(b",5,", b",9,")
    run = run_file(content, kind="reviews")
    ImportRow.objects.filter(outcome="refused").update(
        remarks=[[2, "email", "clotilde@example.com has no account."]]
    )

    erase(person_at("clotilde@example.com"))

    assert outcomes(run) == {"moon-vase Dora Fine": "new"}
