"""Find secrets in tracked files: ``make scan-code``.

``.secrets.baseline`` lists known false positives by file and digest. Test files contain made-up
passwords, so only strings in the format of a provider's key count there.
"""

import json
import subprocess
import sys
from typing import Any

from tests.site import ROOT

DETECT_SECRETS = ROOT / ".venv-security" / "bin" / "detect-secrets"
BASELINE = ROOT / ".secrets.baseline"
#: Package hashes are not secrets.
LOCKS = ("requirements", ".secrets.baseline")
GUESSES = (
    "KeywordDetector",
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "BasicAuthDetector",
)


def scan(files: list[str], *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Scan files and return the scanner's JSON."""
    options = [word for plugin in without for word in ("--disable-plugin", plugin)]
    run = subprocess.run(
        [DETECT_SECRETS, "scan", *options, *files],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(run.stdout)


def tracked_files() -> list[str]:
    """Return the paths of tracked files, without the lock files."""
    run = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for path in run.stdout.split("\0") if path and not path.startswith(LOCKS)]


def findings() -> dict[str, Any]:
    """Scan all tracked files. The result has the format of the baseline."""
    files = tracked_files()
    tests = [path for path in files if path.startswith("tests/")]
    found = scan([path for path in files if path not in set(tests)])
    found["results"] |= scan(tests, without=GUESSES)["results"]
    return found


def main() -> None:
    """Exit with 1 on a new finding. ``--accept`` writes all findings to the baseline."""
    found = findings()
    if "--accept" in sys.argv:
        found.pop("generated_at", None)
        BASELINE.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
        return
    known = {
        (path, row["hashed_secret"])
        for path, rows in json.loads(BASELINE.read_text())["results"].items()
        for row in rows
    }
    new = [
        f"{path}:{row['line_number']}: {row['type']}"
        for path, rows in found["results"].items()
        for row in rows
        if (path, row["hashed_secret"]) not in known
    ]
    if new:
        print("\n".join(new))
        sys.exit(
            "These look like secrets. Revoke a real one and remove it from git's history. Accept "
            "false positives with `python -m tools.security.leaked --accept`."
        )


if __name__ == "__main__":
    main()
