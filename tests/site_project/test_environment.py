"""An invalid environment variable is refused with an error that names it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from site_project.environment import Environment


@pytest.fixture
def env(tmp_path):
    return Environment(tmp_path / ".env")


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.bool("SWITCH", default=False), "perhaps"),
        (lambda env: env.int("SWITCH", default=1), "many"),
        (lambda env: env.int("SWITCH", default=1), "-1"),
        (lambda env: env.int("SWITCH", default=1), "1.5"),
        (lambda env: env.choice("SWITCH", ("a", "b"), default="a"), "c"),
        (lambda env: env.country("SWITCH", default="GB"), "UK"),
        (lambda env: env.country("SWITCH", default="GB"), "Germany"),
        (lambda env: env.url("SWITCH", default="http://x"), "shop.example"),
        (lambda env: env.url("SWITCH", default="http://x"), "ftp://shop.example"),
        (lambda env: env.url("SWITCH", default="http://x"), "https://shop.example/path"),
        (lambda env: env.secret_key("SWITCH"), "short"),
        (lambda env: env.secret_key("SWITCH"), ""),
        (lambda env: env.database("SWITCH", default="sqlite://:memory:"), "postgres://x/y"),
        (lambda env: env.database("SWITCH", default="sqlite://:memory:"), "nonsense"),
    ],
)
def test_invalid_value_names_its_variable(env, monkeypatch, read, value):
    monkeypatch.setenv("SWITCH", value)

    with pytest.raises(ImproperlyConfigured, match="SWITCH"):
        read(env)


def test_invalid_email_url_names_its_variable():
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        Environment.email("pigeon://loft")


@pytest.mark.parametrize(
    ("value", "expected"), [("on", True), ("TRUE", True), ("1", True), ("off", False), ("", None)]
)
def test_switches(env, monkeypatch, value, expected):
    monkeypatch.setenv("SWITCH", value)

    assert env.bool("SWITCH", default=None) is expected


def test_empty_variable_counts_as_not_set(env, monkeypatch):
    monkeypatch.setenv("NAME", "  ")

    assert env.str("NAME", default="Saltmarsh") == "Saltmarsh"
    assert env.int("NAME", default=3) == 3
    assert env.list("NAME", default=["x"]) == ["x"]


def test_list_is_split_and_trimmed(env, monkeypatch):
    monkeypatch.setenv("NAMES", " a, ,b ,")

    assert env.list("NAMES", default=[]) == ["a", "b"]


def test_trailing_slash_of_a_url_is_removed(env, monkeypatch):
    monkeypatch.setenv("SITE", "https://shop.example/")

    assert env.url("SITE", default="") == "https://shop.example"


def test_secret_file_takes_precedence(env, monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from-the-file-" + "0123456789" * 4 + "\n")
    monkeypatch.setenv("KEY", "from-the-variable-" + "0123456789" * 4)
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "secret"))

    assert env.secret_key("KEY") == "from-the-file-" + "0123456789" * 4


def test_missing_secret_file_names_its_variable(env, monkeypatch, tmp_path):
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "nothing"))

    with pytest.raises(ImproperlyConfigured, match="KEY_FILE"):
        env.secret("KEY")


def test_process_variable_overrides_the_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("VITRINE_TEST_A=file\nVITRINE_TEST_B=file\n")
    monkeypatch.setenv("VITRINE_TEST_A", "process")
    monkeypatch.delenv("VITRINE_TEST_B", raising=False)
    env = Environment(tmp_path / ".env")

    found = [env.str(f"VITRINE_TEST_{letter}", default="") for letter in "AB"]
    monkeypatch.delenv("VITRINE_TEST_B")  # set by django-environ

    assert found == ["process", "file"]


def test_mariadb_gets_the_required_options(env, monkeypatch):
    monkeypatch.setenv("DB", "mariadb://shop:pass@db:3307/vitrine")
    monkeypatch.setenv("DATABASE_PASSWORD", "other")

    config = env.database("DB", default="")

    assert config["ENGINE"] == "django.db.backends.mysql"
    assert (config["HOST"], config["PORT"], config["PASSWORD"]) == ("db", 3307, "other")
    assert config["OPTIONS"]["isolation_level"] == "read committed"
    assert "STRICT_TRANS_TABLES" in config["OPTIONS"]["init_command"]


def test_sqlite_gets_the_required_options(env, monkeypatch):
    monkeypatch.setenv("DB", "sqlite:////tmp/x.sqlite3")

    options = env.database("DB", default="")["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert "foreign_keys=ON" in options["init_command"]


@pytest.mark.parametrize("url", ["postgres://u:hunter2@localhost/x", "hunter2"])
def test_refused_database_url_is_not_repeated(env, monkeypatch, url):
    """Regression: the message contained the password."""
    monkeypatch.setenv("DATABASE_URL", url)

    with pytest.raises(
        ImproperlyConfigured, match="must begin with sqlite:// or mysql://"
    ) as error:
        env.database("DATABASE_URL", default="")

    assert "hunter2" not in str(error.value)


def test_country_is_written_in_capitals(env, monkeypatch):
    """In small letters it had no VAT."""
    monkeypatch.setenv("COUNTRY", "de")

    assert env.country("COUNTRY", default="GB") == "DE"
