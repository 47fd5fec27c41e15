"""What a measurement was made on."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path


def describe() -> dict[str, str | int]:
    """Return what matters of this machine and its software, and nothing that names it."""
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "processors": os.cpu_count() or 1,
        "memory": _field("/proc/meminfo", "MemTotal"),
        "load_before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "sqlalchemy": version("sqlalchemy"),
        "asyncpg": version("asyncpg"),
    }


def _field(path: str, name: str) -> str:
    source = Path(path)
    lines = source.read_text("utf-8").splitlines() if source.exists() else []
    found = [line.partition(":")[2].strip() for line in lines if line.startswith(name)]
    return found[0] if found else ""
