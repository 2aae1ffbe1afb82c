"""The page of the interfaces: equal to what the running nodes have."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from elcd_policy.errors import ElcdError
from elcd_policy_benchmarks.page import fill, marks
from elcd_policy_benchmarks.ros import interface_docs
from elcd_policy_benchmarks.ros.graph_picture import draw_graph
from elcd_policy_benchmarks.ros.interfaces import Interface, interfaces
from elcd_policy_benchmarks.ros.subject import tables
from elcd_policy_benchmarks.store import load_records
from elcd_policy_benchmarks.subjects import DOCS, RESULTS

PAGE = DOCS / "ros2.md"


def test_the_page_says_what_the_nodes_have() -> None:
    page = PAGE.read_text(encoding="utf-8")
    parts = tables(load_records(RESULTS, "ros"))
    assert fill(page, parts) == page, "run: elcd benchmark ros --render"
    assert sorted(marks(page)) == sorted(parts)
    assert (
        "| `max_joint_speed` * | `1.0` | rad/s | 0.001 to 20 |" in parts["policy_node parameters"]
    )
    assert "| out | `cmd_vel` | geometry_msgs/TwistStamped | reliable, keep last 1 |" in page


def test_a_topic_without_a_meaning_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interface_docs, "VARIANTS", ("sim_node",))
    monkeypatch.delitem(interface_docs.MEANINGS["sim_node"], "~/push")
    with pytest.raises(ElcdError, match="out of date: got ~/push, expected one for each"):
        interface_docs.interface_tables()


def test_names_are_relative_private_or_absolute() -> None:
    found = interfaces("sim_node")
    qos = "reliable, keep last 1"
    assert Interface("pub", "/clock", "rosgraph_msgs/Clock", qos) in found
    assert Interface("pub", "joint_states", "sensor_msgs/JointState", qos) in found
    assert Interface("srv", "~/push", "std_srvs/Trigger") in found


def test_the_graph_is_drawn(tmp_path: Path) -> None:
    twist = Interface("pub", "cmd_vel", "geometry_msgs/TwistStamped")
    pose, joints = (Interface("sub", name, "x") for name in ("ee_pose", "joint_states"))
    states = [Interface("pub", each.name, "x") for each in (pose, joints)]
    nodes = {
        "policy_node": [twist, pose, joints],
        "sim_node": states,
        "recorder_node": [pose, joints],
        "skill_node": [pose],
        "goal_node": [Interface("sub", "camera/image", "x"), Interface("pub", "goal", "x")],
    }
    assert min(Image.open(draw_graph(nodes, tmp_path / "graph.png")).size) > 400
