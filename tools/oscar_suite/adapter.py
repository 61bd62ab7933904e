"""What Oscar's tests need to run on our site, as a plugin of pytest.

They import Oscar's classes by module: these get ours. Our users have no names, and their prices no VAT. The
outcome of each test is written to ``OSCAR_SUITE_REPORT``.
"""

import json
import os
import sys
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

OUTCOMES: dict[str, str] = {}
#: Our forks of Oscar's modules, by app.
FORKS = Path(__file__).parents[2] / "commerce/forks"


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    stub_thumbnails()
    replace_classes()
    adapt_users()
    from commerce.taxes import rates

    rates.shipped_percent = lambda *_args: Decimal(0)


def stub_thumbnails() -> None:
    """A helper of Oscar's tests reads a setting of a library that we don't use."""
    module: Any = ModuleType("sorl.thumbnail.conf")
    module.settings = SimpleNamespace(THUMBNAIL_PREFIX="cache/")
    for name in ("sorl", "sorl.thumbnail"):
        sys.modules[name] = ModuleType(name)
    sys.modules["sorl.thumbnail.conf"] = module


def replace_classes() -> None:
    """Put our other classes where Oscar's tests look for Oscar's."""
    for path in FORKS.glob("*/*.py"):
        name = f"{path.parent.name}.{path.stem}"
        try:
            oscars = import_module(f"oscar.apps.{name}")
        except ImportError:  # a module that Oscar does not have
            continue
        ours = import_module(f"commerce.forks.{name}")
        for attribute, value in vars(ours).items():
            if isinstance(value, type):
                setattr(oscars, attribute, value)


def replace_models() -> None:
    """Put our models where Oscar's tests look for Oscar's. Runs while apps are loaded."""
    from django.apps import apps

    for app in list(apps.app_configs.values()):
        if app.name.startswith("commerce.forks.") and app.models:
            oscars = import_module(f"oscar.apps.{app.name.removeprefix('commerce.forks.')}.models")
            for model in app.models.values():
                setattr(oscars, model.__name__, model)
    offers = import_module("oscar.apps.offer.models")
    for name in ("benefits", "conditions"):
        for attribute, value in vars(import_module(f"commerce.pricing.{name}")).items():
            if isinstance(value, type) and value.__module__ == f"commerce.pricing.{name}":
                setattr(offers, attribute, value)


def adapt_users() -> None:
    """Our accounts have an email address and no name of their own."""
    from oscar.test.factories import UserFactory

    for declarations in (UserFactory._meta.base_declarations, UserFactory._meta.declarations):
        declarations.pop("username", None)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        before = OUTCOMES.get(report.nodeid)
        OUTCOMES[report.nodeid] = before if before in ("failed", "skipped") else report.outcome


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        OUTCOMES[report.nodeid] = "failed"


def pytest_sessionfinish() -> None:
    Path(os.environ["OSCAR_SUITE_REPORT"]).write_text(json.dumps(OUTCOMES, indent=1))
