"""What is shipped: the built wheel, installed elsewhere, renders without the source tree."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """
import os, sys
sys.path[:0] = [sys.argv[1]]
sys.path.append(sys.argv[3])
import aggregator
assert aggregator.__file__.startswith(sys.argv[1]), aggregator.__file__
from pathlib import Path
from aggregator import config_file
from aggregator.demo.tour import tour
assert config_file.document().startswith("#")
for line in tour(Path(sys.argv[2])):
    print(line)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


def test_templates_config_migrations_and_sample_outlets_travel_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"aggregator/templates/{path.name}" for path in (ROOT / "templates").iterdir()} <= names
    assert "aggregator/config.toml" in names
    assert "aggregator/dedup/patterns.toml" in names
    for folder, pattern in (("store/migrations/versions", "*.py"), ("demo/outlets", "*.toml")):
        shipped = {f"aggregator/{folder}/{path.name}" for path in (ROOT / "aggregator" / folder).glob(pattern)}
        assert shipped
        assert shipped <= names


def test_the_demo_runs_from_an_installed_wheel_without_the_source_tree(wheel: Path, tmp_path: Path) -> None:
    """The libraries are those of this environment; the package itself comes from the wheel alone."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    command = [str(python), "-I", "-c", SCRIPT, str(installed), str(tmp_path / "out"), libraries]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "out" / "site" / "index.html").is_file()
