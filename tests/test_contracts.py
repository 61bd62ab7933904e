"""Each import contract fails if a forbidden import is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("commerce", "checkout_app", "home", "site_project", "demo", "demo_gateway", "tools")

#: The contract, the module that gets the import, and the imported module.
PLANTED = [
    ("apps", "commerce/tax.py", "home.links"),
    ("apps", "home/links.py", "checkout_app.models"),
    ("engine", "commerce/money.py", "demo.files"),
    ("engine", "checkout_app/gateways/stripe.py", "demo_gateway.client"),
    ("engine", "home/search.py", "tools.bench.figures"),
    ("commerce", "commerce/stock/availability.py", "commerce.orders.pipeline"),
    ("commerce", "commerce/models/orders.py", "commerce.transactions"),
    ("checkout", "checkout_app/gateways/interface.py", "checkout_app.payments.settle"),
    ("circles", "commerce/orders/mails.py", "commerce.orders.pipeline"),
    ("circles", "home/links.py", "home.blocks.body"),
    ("stripe", "checkout_app/payments/refunds.py", "stripe"),
    ("stripe", "checkout_app/gateways/registry.py", "stripe"),
    ("stripe", "site_project/views.py", "stripe"),
    ("pure", "commerce/tax.py", "oscar"),
    ("forks", "home/search.py", "commerce.forks.search.views"),
    ("receivers", "commerce/orders/pipeline.py", "commerce.index.receivers"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the packages and contracts."""
    folder = tmp_path_factory.mktemp("planted")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=lambda path, names: _no_source(path, names)
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _no_source(path, names):
    return [name for name in names if not Path(path, name).is_dir() and not name.endswith(".py")]


def broken(folder, contract):
    """Whether the contract is broken in the folder."""
    command = [Path(sys.executable).parent / "lint-imports", "--contract", contract]
    run = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": "."}
    )
    assert "Contracts: " in run.stdout, run.stdout + run.stderr
    return "Contracts: 0 kept, 1 broken." in run.stdout


@pytest.mark.parametrize(("contract", "module", "imported"), PLANTED)
def test_contract_fails_for_a_planted_import(copy, contract, module, imported):
    path = copy / module
    source = path.read_text("utf-8")
    try:
        path.write_text(f"{source}\nimport {imported}\n", "utf-8")

        assert broken(copy, contract)
    finally:
        path.write_text(source, "utf-8")


def test_contract_names_every_module_of_receivers():
    import tomllib

    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {one["id"]: one for one in pyproject["tool"]["importlinter"]["contracts"]}
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*receivers.py")
    }

    assert set(contracts["receivers"]["protected_modules"]) == modules


def test_each_contract_has_a_planted_import():
    import tomllib

    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = {contract["id"] for contract in pyproject["tool"]["importlinter"]["contracts"]}

    assert contracts == {contract for contract, _module, _imported in PLANTED}
