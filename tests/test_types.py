"""The type check fails for a planted error in each package that it covers."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLANTED = (
    'def planted() -> int:\n    return 1 + "a"\n\n\ndef unfinished(a: int, b):\n    return b\n'
)
#: Modules that few others import, so that mypy checks little again.
FILES = (
    "commerce/index/receivers.py",
    "commerce/pricing/applicator.py",
    "commerce/apps.py",
    "checkout_app/payments/reconcile.py",
    "demo_gateway/client.py",
    "home/feed_import.py",
    "site_project/body_limits.py",
)


@pytest.mark.slow
def test_mypy_finds_a_wrong_sum_and_a_partly_typed_function(tmp_path):
    shadows = []
    for name in FILES:
        shadow = tmp_path / name.replace("/", "_")
        shadow.write_text(f"{(ROOT / name).read_text('utf-8')}\n\n{PLANTED}", "utf-8")
        shadows += ["--shadow-file", name, str(shadow)]

    run = subprocess.run(
        [Path(sys.executable).parent / "mypy", *shadows],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 1, run.stdout + run.stderr
    for name in FILES:
        own = [line for line in run.stdout.splitlines() if line.startswith(f"{name}:")]
        assert any("[operator]" in line for line in own), name
        assert any("missing a type annotation" in line for line in own), name
