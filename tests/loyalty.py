"""The example plugin, installed as a shop installs it."""

import subprocess
import sys
from pathlib import Path

PLUGIN = Path(__file__).parents[1] / "examples" / "loyalty-plugin"


def install(directory: Path) -> Path:
    """Build the example plugin and install it into a directory of its own."""
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--no-input")
    pip = (sys.executable, "-m", "pip", "install", *options, "--disable-pip-version-check")
    subprocess.run([*pip, "--target", str(directory), str(PLUGIN)], check=True, timeout=60)
    return directory
