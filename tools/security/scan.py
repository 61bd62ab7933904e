"""Run a web scanner against the demo shop, served on this machine: ``make security``.

The scope is narrow on purpose: the shop's own URLs, to a depth that ends within minutes, and the
attacks that a shop may be open to. This does not replace a penetration test.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.site import ROOT, running_site, set_up

WAPITI = ROOT / ".venv-security" / "bin" / "wapiti"
#: Modules that need no server of the scanner's makers (ssrf and xxe do).
MODULES = "cookieflags,crlf,csp,exec,file,http_headers,permanentxss,redirect,sql,timesql,xss"
#: Seconds for crawling, and seconds for the attacks of each module.
CRAWL_SECONDS, ATTACK_SECONDS = 120, 30
#: A scan that takes longer than this many seconds has hung, even on a busy machine.
LONGEST = 1800
#: Expected findings: a part of the scanner's text, and the reason.
EXPECTED = {
    "HTTP Strict Transport Security (HSTS)": ("", "the demo is served by plain http"),
    "Secure Flag cookie": ("", "the demo is served by plain http"),
    "HttpOnly Flag cookie": ("basket_units", "scripts read it, and it contains only a number"),
}


def scan(folder: Path) -> list[str]:
    """Serve a fresh demo shop and scan it. Return a line for each unexpected finding."""
    set_up(folder)
    report = folder / "report.json"
    with running_site(folder) as site:
        subprocess.run(
            [
                WAPITI, "--url", f"{site.url}/", "--scope", "domain", "--module", MODULES,
                "--depth", "3", "--max-files-per-dir", "15", "--max-links-per-page", "30",
                "--max-parameters", "6", "--scan-force", "normal", "--tasks", "4",
                "--max-scan-time", str(CRAWL_SECONDS),
                "--max-attack-time", str(ATTACK_SECONDS),
                "--exclude", f"{site.url}/accounts/logout/", "--no-bugreport", "--flush-session",
                "--store-session", str(folder / "session"), "--format", "json",
                "--output", str(report), "--color", "--verbose", "0",
            ],
            cwd=folder, check=True, timeout=LONGEST, env=site.environment,
        )  # fmt: skip
    found = json.loads(report.read_text())
    pages = found["infos"].get("crawled_pages_nbr", 0)
    print(f"{pages} pages were crawled")
    problems = (
        [] if pages > 10 else [f"only {pages} pages were crawled, so the scan is meaningless"]
    )
    for kind in ("vulnerabilities", "anomalies"):
        for name, rows in found[kind].items():
            about, reason = EXPECTED.get(name, (None, ""))
            expected = [row for row in rows if about is not None and about in row["info"]]
            if expected:
                print(f"expected, {reason}: {name} ({len(expected)})")
            problems += [
                f"{name}: {row['method']} {row['path']}: {row['info']}"
                for row in rows
                if row not in expected
            ]
    return problems


def main() -> None:
    """Exit with 1 if something was found or the scanner is missing."""
    if not WAPITI.exists() or shutil.which(str(WAPITI)) is None:
        sys.exit("The web scanner is not installed: run `make security`.")
    with tempfile.TemporaryDirectory() as folder:
        problems = scan(Path(folder))
    print("\n".join(problems) if problems else "The web scanner found nothing.")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
