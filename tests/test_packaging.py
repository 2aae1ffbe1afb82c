"""What pip and colcon install: every package, every entry point, a package.xml that ROS reads."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import elcd_policy

ROOT = Path(__file__).parents[1]
ROOMS = {
    "elcd_policy": "elcd_policy",
    "elcd_policy_benchmarks": "benchmarks",
    "elcd_policy_ros2": "ros2_nodes",
    "elcd_policy_sim": "sim",
}


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The egg-info that setup.py writes."""
    folder = tmp_path_factory.mktemp("egg")
    command = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder / "elcd_policy.egg-info"


def entry_points(metadata: Path) -> list[tuple[str, str, str]]:
    group, found = "", []
    for line in (metadata / "entry_points.txt").read_text().splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line:
            name, _, target = line.partition(" = ")
            found.append((group, name, target))
    return found


def test_every_entry_point_can_be_imported(metadata: Path) -> None:
    points = entry_points(metadata)
    assert {name for _, name, _ in points} >= {"elcd", "policy_node", "sim_node"}
    for group, name, target in points:
        module, _, attribute = target.partition(":")
        loaded = importlib.import_module(module)
        wanted = [attribute] if group == "console_scripts" else ["add_arguments", "run"]
        for attribute in wanted:
            assert callable(getattr(loaded, attribute)), f"{name}: {module} has no {attribute}"


def test_every_python_file_is_in_an_installed_package(metadata: Path) -> None:
    sources = set((metadata / "SOURCES.txt").read_text().splitlines())
    for folder in ROOMS.values():
        for path in (ROOT / folder).rglob("*.py"):
            assert str(path.relative_to(ROOT)) in sources
    assert {"sim/robots/panda.yaml", *(f"{room}/py.typed" for room in ROOMS.values())} <= sources


def test_the_version_is_stated_once_for_pip_and_python(metadata: Path) -> None:
    assert f"\nVersion: {elcd_policy.__version__}\n" in (metadata / "PKG-INFO").read_text()


def test_only_four_top_level_modules_are_installed(metadata: Path) -> None:
    assert set((metadata / "top_level.txt").read_text().split()) == set(ROOMS)


def test_package_xml_says_what_setup_py_says(metadata: Path) -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    information = (metadata / "PKG-INFO").read_text()
    assert package.get("format") == "3"
    assert package.findtext("export/build_type") == "ament_python"
    assert f"Name: {package.findtext('name')}" in information.replace("-", "_")
    assert f"Version: {package.findtext('version')}" in information
    maintainer = package.find("maintainer")
    assert maintainer is not None
    # An address that catkin_pkg refuses demotes the package without a word.
    assert re.fullmatch(r"[\w.+-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}", maintainer.get("email", ""))


def test_package_xml_names_every_ros_package_that_the_nodes_import() -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    named = {element.text for element in package.iter("exec_depend")}
    used = set()
    for path in [*(ROOT / "ros2_nodes").glob("*.py"), *(ROOT / "launch").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                used.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Import):
                used |= {alias.name.partition(".")[0] for alias in node.names}
    ros = {name for name in used if name.endswith(("_msgs", "_srvs", "_interfaces", "rclpy"))}
    assert "rclpy" in ros
    assert ros <= named


def test_catkin_pkg_reads_package_xml() -> None:
    catkin = pytest.importorskip("catkin_pkg.package")
    warnings: list[str] = []
    package = catkin.parse_package(str(ROOT), warnings=warnings)
    assert package.get_build_type() == "ament_python"
    assert warnings == []


@pytest.mark.parametrize("node", ["policy_node", "sim_node"])
def test_the_wrapper_of_a_node_runs_it(node: str) -> None:
    wrapper = ROOT / "ros2_nodes" / "executables" / node
    assert os.access(wrapper, os.X_OK)
    lines = wrapper.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env python3"
    assert f"from elcd_policy_ros2.{node} import main" in lines
