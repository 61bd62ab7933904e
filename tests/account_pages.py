"""Readers for the pages of an account."""

import re

from django.urls import reverse

from tests.signing import sign_in

EMAIL, NEW_EMAIL = "ada@example.com", "ada@new.example"


def text_of(response):
    return response.content.decode()


def plain(response):
    """The text of a page's main part, with single spaces."""
    main = re.search(r"<main.*?</main>", text_of(response), re.DOTALL).group(0)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()


def buttons(response):
    """The labels of the primary buttons of a page's main part."""
    main = re.search(r"<main.*?</main>", text_of(response), re.DOTALL).group(0)
    found = re.findall(r'<(?:button|a)[^>]*class="([^"]*)"[^>]*>(.*?)</(?:button|a)>', main, re.S)
    quiet = ("ghost", "quiet", "more")
    return [
        label.strip()
        for classes, label in found
        if "button" in classes.split() and not any(word in classes for word in quiet)
    ]


def begin_change(client):
    sign_in(client)
    return client.post(reverse("account_email"), {"email": NEW_EMAIL, "action_add": ""})


def hidden(response, name, *, last=False):
    found = re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)">', text_of(response))
    return found[-1 if last else 0]
