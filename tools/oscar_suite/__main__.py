"""Run Oscar's own tests against our site: ``python -m tools.oscar_suite PATH``.

``PATH`` is a checkout of django-oscar at the installed version. Each test that does not pass has to be in
``known_failures.toml`` with a reason, and each that is there has to fail: the list can only shrink.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: What the shop forks: offers, vouchers, baskets, partners, shipping and orders.
FOLDERS = (
    "tests/unit/offer", "tests/unit/basket", "tests/integration/offer", "tests/integration/voucher",
    "tests/integration/basket", "tests/integration/partner", "tests/integration/shipping",
    "tests/integration/order",
)  # fmt: skip


def known_failures() -> dict[str, str]:
    """``{test or file: reason}``."""
    groups = tomllib.loads((HERE / "known_failures.toml").read_text())["group"]
    return {test: group["reason"] for group in groups for test in group["tests"]}


def outcomes_of(checkout: Path, ignored: list[str]) -> dict[str, str]:
    """``{test: outcome}`` of a run in a checkout. Its ``tests`` package comes before ours."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        environment = {
            **os.environ,
            "PYTHONPATH": f"{checkout}:{ROOT}",
            "DJANGO_SETTINGS_MODULE": "tools.oscar_suite.settings",
            "OSCAR_SUITE_REPORT": report.name,
        }
        subprocess.run(  # noqa: S603
            [
                sys.executable, "-m", "pytest", "-q", "-p", "tools.oscar_suite.adapter",
                "-p", "no:randomly", "-p", "no:cacheprovider", "-c", os.devnull,
                "--rootdir", str(checkout), "--tb", "line", "--continue-on-collection-errors",
                *(f"--ignore={path}" for path in ignored), *FOLDERS,
            ],
            cwd=checkout, env=environment, check=False,
        )  # fmt: skip
        return json.loads(Path(report.name).read_text() or "{}")  # type: ignore[no-any-return]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path, help="a checkout of django-oscar")
    checkout = parser.parse_args().checkout.resolve()
    known = known_failures()
    files = [test for test in known if "::" not in test]
    outcomes = outcomes_of(checkout, files)
    failed = {test for test, outcome in outcomes.items() if outcome == "failed"}
    new = sorted(failed - known.keys())
    mended = sorted(test for test in known.keys() - failed - set(files))
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    print(f"{passed} of {len(outcomes)} tests of Oscar pass; {len(known)} are known not to.")
    for test in new:
        print(f"NEW      {test}")
    for test in mended:
        print(f"PASSES   {test}: take it off the list")
    if not outcomes:
        print("No test ran.")
    return int(bool(new or mended or not outcomes))


if __name__ == "__main__":
    sys.exit(main())
