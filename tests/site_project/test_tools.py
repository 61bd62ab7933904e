"""The tools start: each of them is a program that no other test runs."""

import subprocess
import sys

import pytest

from tests.site import ROOT


@pytest.mark.parametrize("tool", ["tools.bench", "tools.load.buyers", "tools.load.soak"])
def test_tool_explains_itself(tool):
    """Regression: the soak test needed settings before it could read its arguments."""
    run = subprocess.run(
        [sys.executable, "-m", tool, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert "usage:" in run.stdout
