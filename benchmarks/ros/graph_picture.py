"""The node graph as a picture, drawn from the topics and services that the nodes have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from elcd_policy.plotting.style import INK, save_figure

from .interfaces import Interface

BOX: dict[str, Any] = {"boxstyle": "round,pad=0.02,rounding_size=0.12", "lw": 1.0, "ec": INK}
OURS, THEIRS = "#dbe9f6", "#f2f2f2"
BOXES = {
    "operator": (0.0, 2.35, 2.2, 1.5, "operator,\nbehaviour tree", THEIRS),
    "policy_node": (4.9, 2.35, 2.2, 1.5, "policy_node", OURS),
    "robot": (
        10.2,
        2.35,
        2.2,
        1.5,
        "robot: its drivers,\nservo or a controller,\nor sim_node",
        THEIRS,
    ),
    "monitor": (4.9, 0.4, 2.2, 0.7, "RViz, monitors", THEIRS),
    "recorder_node": (10.2, 0.0, 2.2, 0.9, "recorder_node", OURS),
    "skill_node": (3.9, 4.85, 1.8, 0.7, "skill_node", OURS),
    "goal_node": (6.4, 4.85, 1.8, 0.7, "goal_node", OURS),
}
"""Left, bottom, width, height, text, colour."""

TOPIC, SERVICE = "#004b87", "#8a4b00"
COMMANDS = "cmd_vel", "~/joint_cmd"
ARROW: dict[str, Any] = {"arrowstyle": "-|>", "lw": 1.2}


def draw_graph(nodes: Mapping[str, Sequence[Interface]], path: str | Path) -> Path:
    """Draw the graph.

    Parameters
    ----------
    path : .png, .pdf or .svg.
    nodes : topics and services of all nodes, by name.
    """
    policy, sim, recorder = (nodes[name] for name in ("policy_node", "sim_node", "recorder_node"))
    published = _names(sim, "pub")
    from_robot = [name for name in _names(policy, "sub") if name in published]
    told = [name for name in _names(policy, "sub") if name not in published]
    shown = [name for name in _names(policy, "pub") if name not in COMMANDS]
    recorded = [name for name in _names(recorder, "sub") if name in published]
    clock = [name for name in published if name.startswith("/clock")]

    skill, goal = nodes["skill_node"], nodes["goal_node"]

    figure = Figure(figsize=(11.0, 5.8))
    ax = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    ax.set_xlim(-0.2, 12.6)
    ax.set_ylim(-0.25, 6.25)
    ax.axis("off")
    for left, bottom, width, height, text, colour in BOXES.values():
        ax.add_patch(FancyBboxPatch((left, bottom), width, height, fc=colour, **BOX))
        ax.text(left + width / 2, bottom + height / 2, text, ha="center", va="center", fontsize=10)
    _arrow(ax, (2.25, 3.45), (4.85, 3.45), told, TOPIC)
    _arrow(ax, (2.25, 2.65), (4.85, 2.65), _names(policy, "srv"), SERVICE)
    _arrow(ax, (7.15, 3.45), (10.15, 3.45), _alternatives(COMMANDS), TOPIC)
    _arrow(ax, (10.15, 2.65), (7.15, 2.65), [*_alternatives(from_robot), *clock], TOPIC)
    _arrow(ax, (6.0, 2.3), (6.0, 1.15), shown, TOPIC)
    _arrow(ax, (11.3, 2.3), (11.3, 0.95), [" or\n".join(recorded)], TOPIC)
    _arrow(ax, (5.3, 4.8), (5.3, 3.9), ["its policy,", "by parameters"], SERVICE)
    _arrow(ax, (6.8, 4.8), (6.8, 3.9), [_share(goal, "pub", told)], TOPIC)
    for corners, taken in (
        ([(11.3, 3.9), (11.3, 5.2), (8.25, 5.2)], goal),
        ([(11.3, 3.9), (11.3, 5.95), (4.8, 5.95), (4.8, 5.6)], skill),
    ):
        ax.plot(*zip(*corners[:-1], strict=True), color=TOPIC, lw=1.2)
        ax.annotate("", corners[-1], corners[-2], arrowprops={**ARROW, "color": TOPIC})
        height = corners[1][1] + 0.08
        text = _share(taken, "sub", published)
        ax.text(9.7, height, text, ha="center", fontsize=8, color=TOPIC)
    ax.annotate(
        "",
        (10.15, 0.15),
        (2.25, 2.3),
        arrowprops={
            **ARROW,
            "color": SERVICE,
            "connectionstyle": "angle,angleA=-90,angleB=0,rad=8",
        },
    )
    ax.text(8.65, 0.23, "  ".join(_names(recorder, "srv")), ha="center", fontsize=8, color=SERVICE)
    ax.text(0.0, 0.75, "topics", color=TOPIC, fontsize=9)
    ax.text(0.0, 0.45, "services", color=SERVICE, fontsize=9)
    ax.text(0.0, 0.15, "~ is the node's name", color=INK, fontsize=9)
    return save_figure(figure, path)


def _names(interfaces: Iterable[Interface], kind: str) -> list[str]:
    return list(dict.fromkeys(each.name for each in interfaces if each.kind == kind))


def _share(interfaces: Iterable[Interface], kind: str, others: Sequence[str]) -> str:
    """Return what a node takes from another, or gives it, whatever each calls its own."""
    ends = {name.rpartition("/")[2] for name in others}
    return "  ".join(name for name in _names(interfaces, kind) if name.rpartition("/")[2] in ends)


def _alternatives(names: Sequence[str]) -> list[str]:
    """Join names of which one is enough: poses or joint states, twists or joint velocities."""
    first, second, *others = names
    return [f"{first} or {second}", *others]


def _arrow(
    ax: Any,
    start: tuple[float, float],
    end: tuple[float, float],
    names: Sequence[str],
    colour: str,
) -> None:
    ax.annotate("", end, start, arrowprops={**ARROW, "color": colour})
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    if start[0] == end[0]:
        ax.text(x + 0.12, y, "\n".join(names), va="center", fontsize=8, color=colour)
        return
    rows = [names[i : i + 2] for i in range(0, len(names), 2)]
    above = "\n".join("  ".join(row) for row in rows)
    ax.text(x, y + 0.08, above, ha="center", va="bottom", fontsize=8, color=colour)
