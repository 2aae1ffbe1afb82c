"""Names of recordings' columns, and what they then hold: one table of spellings."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..robot.units import METRES, RADIANS
from .source import TIME_UNITS


class Column(NamedTuple):
    """The meaning of a column's label.

    Parameters
    ----------
    kind : "time", "seconds", "nanoseconds", "arrival", "episode", "index", "position",
        "quaternion", "euler", "rotation_vector", "turn" (rx, ry, rz: of which kind is not said),
        "joint", "velocity", "effort", "gripper" or "other".
    axis : 0 to 2 for x, y, z or roll, pitch, yaw; 3 for w; -1 for what has no axis.
    group : what else the label says, such as ("robot", "0", "eef"): columns of one body share it.
    unit : in brackets or behind an underscore; "" if the label names none.
    name : the label without its unit.
    """

    kind: str
    axis: int
    group: tuple[str, ...]
    unit: str
    name: str


AXES = {"x": 0, "y": 1, "z": 2, "w": 3}
TURNS = {"roll": 0, "pitch": 1, "yaw": 2}

UNITS = {
    **{unit: unit for unit in (*METRES, *RADIANS, *TIME_UNITS)},
    **{"meter": "m", "meters": "m", "metre": "m", "metres": "m", "inch": "in"},
    **{"millimeter": "mm", "millimeters": "mm", "millimetres": "mm"},
    **{"degree": "deg", "degrees": "deg", "\N{DEGREE SIGN}": "deg", "radian": "rad"},
    **{"radians": "rad", "sec": "s", "secs": "s", "second": "s", "seconds": "s"},
    **{"msec": "ms", "millis": "ms", "milliseconds": "ms", "usec": "us", "micros": "us"},
    **{"\N{MICRO SIGN}s": "us", "\N{GREEK SMALL LETTER MU}s": "us", "microseconds": "us"},
    **{"nsec": "ns", "nanos": "ns", "nanoseconds": "ns", "%": "%", "percent": "%"},
}
"""Spellings of units; anything else in brackets is kept as it stands."""

_BRACKETS = re.compile(r"(?P<name>.*?)\s*[\[({](?P<unit>[^\[\](){}]*)[\])}]\s*")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_TIME = {
    *("t", "time", "times", "timestamp", "timestamps", "stamp", "elapsed", "elapsedtime"),
    *("timefromstart", "rostime", "headerstamp", "fieldheaderstamp", "simtime", "clock"),
}
_ARRIVAL = {"rostopictime", "receivetime", "logtime", "arrival", "recvtime"}
_EPISODE = {"demo", "demonstration", "episode", "trial", "trajectory", "traj", "take", "run"}
_INDEX = {
    *("", "seq", "index", "idx", "frame", "frameindex", "frameid", "id", "row", "sample", "line"),
    *("unnamed", "unnamed0", "step", "counter", "no", "n", "headerseq", "fieldheaderseq"),
    *("fieldheaderframeid", "headerframeid", "taskindex", "childframeid"),
}
_VELOCITY = {
    *("vel", "vels", "velocity", "velocities", "speed", "speeds", "twist", "linear", "angular"),
    *("v", "dot", "qd", "dq", "omega", "acc", "accel", "acceleration", "accelerations", "jerk"),
    *("vx", "vy", "vz", "wx", "wy", "wz", "dx", "dy", "dz", "ax", "ay", "az", "xd", "yd", "zd"),
    *("xdot", "ydot", "zdot"),
}
_EFFORT = {
    *("effort", "efforts", "torque", "torques", "tau", "force", "forces", "wrench", "current"),
    *("currents", "fx", "fy", "fz", "mx", "my", "mz"),
}
_GRIPPER = {"gripper", "grippers", "finger", "fingers", "grip", "jaw", "jaws", "grasp", "width"}
_ORIENTATION = {"orientation", "quat", "quaternion", "rotation", "rot", "q", "ori", "o"}
_JOINT = {
    "joint",
    "joints",
    "jnt",
    "shoulder",
    "elbow",
    "wrist",
    "forearm",
    "motor",
    "axis",
    "waist",
}
_FIELDS = {
    *("pose", "position", "positions", "pos", "translation", "transform", "field", "point"),
    *("euler", "rpy", "vector"),
} | _ORIENTATION
_NO_SUFFIX = ("in", "m", "s", "sec", "secs", "inch", "second")
"""Units that are other things behind an underscore: the seconds of a stamp, an input."""
_NUMBERED = re.compile(r"(j|q|a|theta)\d+")
_COMPACT = re.compile(r"(?P<what>t|p|pos|q|o|quat|quaternion|r|rot|rv|rotvec)(?P<axis>[xyzw])")


def read_label(label: str) -> Column:
    """Return what a column's label says, such as "Z [mm]" or "/ee_pose/pose/orientation/w"."""
    name, unit = split_unit(label)
    words = tuple(word.lower() for word in _WORDS.findall(name))
    joined = "".join(words)
    bare, suffix = words, ""
    if len(words) > 1 and words[-1] in UNITS and not unit and words[-1] not in _NO_SUFFIX:
        bare, suffix = words[:-1], UNITS[words[-1]]
    elif len(words) == 2 and words[-1] in ("m", "s") and not unit:
        bare, suffix = words[:-1], words[-1]
    kind, axis, group = _classify(bare, "".join(bare), joined)
    if suffix:
        unit, name = suffix, re.sub(r"[_\W]*" + words[-1] + r"$", "", name, flags=re.I)
    return Column(kind, axis, group, unit, name)


def split_unit(label: str) -> tuple[str, str]:
    """Return a label without the unit in brackets behind it, and that unit; "" for none."""
    match = _BRACKETS.fullmatch(label.strip())
    if match is None or not match["name"] or match["unit"].strip().isdigit():
        return label.strip(), ""
    return match["name"].strip(), known_unit(match["unit"])


def known_unit(text: str) -> str:
    """Return the usual spelling of a unit, "deg" for "Degrees"."""
    return UNITS.get(text.strip().lower(), text.strip())


def _classify(words: tuple[str, ...], bare: str, joined: str) -> tuple[str, int, tuple[str, ...]]:
    """Return kind, axis and group of a label of these words."""
    if bare in _TIME or joined in _TIME:
        return "time", -1, ()
    if bare in _ARRIVAL:
        return "arrival", -1, ()
    if words[-1:] in (("sec",), ("secs",)):
        return "seconds", -1, words[:-1]
    if joined.endswith("nanosec") or joined.endswith("nsecs"):
        return "nanoseconds", -1, words[:-1]
    if joined in _INDEX:
        return "index", -1, ()
    if words[0] in _EPISODE and words[1:] in ((), ("id",), ("index",), ("idx",), ("no",), ("nr",)):
        return "episode", -1, ()
    kinds = set(words)
    for kind, table in (("velocity", _VELOCITY), ("effort", _EFFORT), ("gripper", _GRIPPER)):
        if kinds & table:
            return kind, -1, words
    last = words[-1]
    if kinds & _JOINT and last not in AXES:
        return "joint", -1, words
    if last in TURNS:
        return "euler", TURNS[last], _group(words[:-1])
    compact = _COMPACT.fullmatch(last)
    if compact and len(last) > 1:
        axis, what = AXES[compact["axis"]], compact["what"]
        if what in ("t", "p", "pos") and axis < 3:
            return "position", axis, _group(words[:-1])
        if what in ("q", "o", "quat", "quaternion"):
            return "quaternion", axis, _group(words[:-1])
        if what in ("rv", "rotvec") and axis < 3:
            return "rotation_vector", axis, _group(words[:-1])
        if what in ("r", "rot"):
            return "turn", axis, _group(words[:-1])
    if words[-2:-1] == ("q",) and last.isdigit():
        return "joint", -1, words
    if _NUMBERED.fullmatch(joined) or words[-1] == "pos":
        return "joint", -1, words
    if last in AXES:
        axis, before = AXES[last], words[:-1]
        if "rotvec" in joined or ("rotation" in before and "vector" in before):
            return "rotation_vector", axis, _group(before)
        if {"euler", "rpy"} & set(before) and axis < 3:
            return "euler", axis, _group(before)
        if set(before[-1:]) & {"rotation", "rot", "r"}:
            return "turn", axis, _group(before)
        if set(before[-1:]) & _ORIENTATION or axis == 3:
            return "quaternion", axis, _group(before)
        return "position", axis, _group(before)
    if len(words) > 1 and last in ("0", "1", "2") and set(words[-2:-1]) & {"pos", "position"}:
        return "position", int(last), _group(words[:-1])
    return "other", -1, words


def _group(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _FIELDS)
