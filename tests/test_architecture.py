"""Architecture rules that a program can check: layers, sizes, names, settings, locks."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import oscar
import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("site_project", "home", "commerce", "checkout_app", "demo", "demo_gateway", "tools")
FORKS = ROOT / "commerce" / "forks"
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-mysql.txt")
#: Modules that Oscar's class loader finds by name.
NAMED_BY_OSCAR = {
    "commerce/forks/communication/utils.py",
    "commerce/forks/customer/alerts/utils.py",
    "commerce/forks/offer/utils.py",
    "commerce/forks/order/utils.py",
}


def files(*suffixes, folders=(*FLOORS, "templates", "static", "tests")):
    """Our files with one of the extensions."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in suffixes and "__pycache__" not in path.parts
    ]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def test_imports_follow_the_layers():
    command = Path(sys.executable).parent / "lint-imports"

    run = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout


def test_no_file_is_longer_than_five_hundred_lines():
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in files(".py")}

    assert {name: length for name, length in lengths.items() if length > 500} == {}


def test_no_function_is_longer_than_sixty_lines():
    long = [
        f"{name_of(path)}:{node.name}"
        for path in files(".py", folders=FLOORS)
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60
    ]

    assert long == []


def test_every_module_has_a_docstring():
    silent = [
        name_of(path)
        for path in files(".py", folders=FLOORS)
        if not {"migrations", "forks", "commands"} & set(path.parts)
        and path.name not in ("__init__.py", "apps.py", "urls.py", "wsgi.py", "asgi.py")
        and ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    ]

    assert silent == []


def test_no_file_has_a_meaningless_name():
    empty = {"utils", "utilities", "helpers", "common", "core", "misc"}

    found = {name_of(path) for path in files(".py", ".js") if path.stem in empty}

    assert found <= NAMED_BY_OSCAR


def test_no_todo_is_left():
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b|lorem ipsum", re.IGNORECASE)

    left = [
        name_of(path)
        for path in files(".py", ".html", ".txt", ".css", ".js", ".toml", ".md")
        if path != Path(__file__) and marks.search(path.read_text("utf-8"))
    ]

    assert left == []


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_no_registry_is_named(name):
    text = (ROOT / name).read_text("utf-8")
    packages = re.findall(
        r"^([A-Za-z0-9._-]+(?:\[[^\]]+\])?)==\S+(.*(?:\n[ \t]+.*)*)", text, re.MULTILINE
    )

    assert packages
    assert [package for package, rest in packages if "--hash=sha256:" not in rest] == []
    assert not re.search(r"^\s*--(extra-)?index-url|https?://", text, re.MULTILINE)


def test_locks_hold_what_the_project_declares():
    import tomllib

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
        "dependencies"
    ]
    pinned = {re.sub(r"\[.*\]", "", line) for line in declared if "==" in line}
    locked = (ROOT / "requirements.txt").read_text("utf-8").splitlines()

    assert {pin for pin in pinned if not any(line.startswith(pin) for line in locked)} == set()


def test_every_variable_is_used_and_documented():
    source = "".join(
        (ROOT / "site_project" / name).read_text("utf-8")
        for name in ("settings.py", "settings_media.py", "settings_social.py", "environment.py")
    )
    calls = re.findall(r"\b(?:env|self)\.(\w+)\(\s*\"([A-Z][A-Z0-9_]+)\"", source)
    read = {name for _reader, name in calls}
    read |= {
        f"{name}_FILE" for reader, name in calls if reader in ("secret", "secrets", "secret_key")
    }
    example = (ROOT / ".env.example").read_text("utf-8")
    explained = re.findall(r"^([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)

    assert read == set(explained)
    assert len(explained) == len(set(explained))


def classes_of_forks():
    """What each fork imports from our packages, by its dotted name."""
    imported = {}
    for init in FORKS.glob("*/**/__init__.py"):
        nodes = [
            node
            for path in init.parent.glob("*.py")
            if path.name != "apps.py"
            for node in ast.parse(path.read_text("utf-8")).body
        ]
        imported[".".join(init.parent.relative_to(FORKS).parts)] = {
            name.name
            for node in nodes
            if isinstance(node, ast.ImportFrom) and node.module.startswith("commerce.")
            for name in node.names
        }
    return imported


def test_forks_readme_lists_each_class_and_its_oscar_version():
    text = (FORKS / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w.]+)` \| (.*?) \| .* \| (\S+) \|$", text, re.MULTILINE)

    assert {fork: set(re.findall(r"`(\w+)`", names)) for fork, names, _version in rows} == (
        classes_of_forks()
    )
    assert {version for _fork, _names, version in rows} == {oscar.get_version()}


def test_app_of_a_fork_only_overrides_hooks_of_oscar():
    hooks = {"ready", "get_urls", "configure_permissions"}
    written = []
    for path in sorted(FORKS.rglob("apps.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
                written += [
                    f"{name_of(path)}:{one.name}" for one in methods if one.name not in hooks
                ]
                written += [f"{name_of(path)}:{one.name}" for one in methods if len(one.body) > 1]
            elif not isinstance(node, ast.ImportFrom):
                written.append(f"{name_of(path)}:{node.lineno}")

    assert written == []


def test_forks_contain_only_imports():
    written = [
        f"{name_of(path)}:{node.lineno}"
        for path in sorted(FORKS.rglob("*.py"))
        if path.name != "apps.py"
        for node in ast.parse(path.read_text("utf-8")).body
        if not isinstance(node, ast.ImportFrom)
    ]

    assert written == []


def test_forks_have_no_migrations():
    assert list(FORKS.rglob("migrations")) == []


def test_pages_load_nothing_from_another_host():
    loads = re.compile(r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*https?://[^\s\"'>]+")
    foreign = {
        (name_of(path), match.split("//")[1].split("/")[0])
        for path in files(".html", folders=("templates", *FLOORS))
        for match in loads.findall(path.read_text("utf-8"))
    }

    # Stripe.js must come from Stripe. Only the payment page of a shop with keys loads it.
    assert foreign == {
        ("templates/checkout/payment.html", "js.stripe.com"),
        ("templates/checkout/cards.html", "js.stripe.com"),
    }


def test_styles_and_scripts_load_nothing_from_another_host():
    loads = re.compile(r"(?:url\(|@import|import\s|from\s|fetch\()\s*[\"']?(?:https?:)?//")

    found = [
        name_of(path)
        for path in files(".css", ".js", folders=("static",))
        if loads.search(path.read_text("utf-8"))
    ]

    assert found == []


def test_templates_carry_no_inline_script_or_style():
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=\"", re.IGNORECASE
    )
    found = [
        name_of(path)
        for path in files(".html", folders=("templates",))
        if not {"emails", "dashboard"} & set(path.parts) and inline.search(path.read_text("utf-8"))
    ]

    assert found == []


def test_comments_of_templates_end_on_their_line():
    """Django shows the others as text."""
    found = [
        name_of(path)
        for path in files(".html", ".txt", folders=("templates",))
        if re.search(r"\{#(?!.*#\})", path.read_text("utf-8"))
    ]

    assert found == []


#: Calls of ``on_commit`` whose hook is an object: its error is logged by a name that it defines.
NAMED_HOOKS = {"commerce/page_cache/versions.py"}


def test_no_hook_of_a_commit_can_lose_the_others():
    """An error in a hook is logged only with ``robust=True``, and if the hook has a ``__qualname__``.

    A ``partial`` has none, so Django's own logging would fail. Tasks are enqueued with
    ``commerce.transactions``.
    """
    calls = [
        (path, node)
        for path in files(".py", folders=("commerce", "checkout_app", "home", "demo_gateway"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "on_commit"
    ]
    fragile = [
        f"{name_of(path)}:{node.lineno}"
        for path, node in calls
        if "robust=True" not in [ast.unparse(keyword) for keyword in node.keywords]
        or (
            not isinstance(node.args[0], ast.Lambda | ast.Name) and name_of(path) not in NAMED_HOOKS
        )
        or (".enqueue(" in ast.unparse(node))
    ]

    assert calls
    assert fragile == []
