"""A robot as the simulator and the nodes know it: one YAML file each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import yaml
from numpy.typing import ArrayLike, NDArray

from elcd_policy.errors import ParameterError
from elcd_policy.robot.placement import Placement
from elcd_policy.robot.units import METRES

ROBOTS = Path(__file__).parent / "robots"
#: Parts of the TCP's twist, in the order of its six numbers.
TWIST = ("x", "y", "z", "rx", "ry", "rz")
# Share of a joint's range, at each end, that an arm with joints to spare moves out of.
LIMIT_MARGIN = 0.1

Vector = NDArray[np.float64]


class Placeable(Protocol):
    """A source that can be placed: demonstrations, or the metadata of a policy."""

    @property
    def workspace(self) -> tuple[ArrayLike, ArrayLike]:
        """Lower and upper corner [d] of the demonstrated positions."""

    @property
    def units(self) -> str:
        """The unit of the positions."""


@dataclass(frozen=True, eq=False)
class WritingPlane:
    """The rectangle of the workspace on which 1-D and 2-D demonstrations are drawn.

    Parameters
    ----------
    centre : [3] in m, base frame.
    rotation : [3, 3]; the first two columns span the plane, the third is its normal.
    size : [2] in m, along the first two columns.
    """

    centre: Vector
    rotation: Vector
    size: Vector

    def points(self, uv: ArrayLike) -> Vector:
        """Convert plane coordinates [..., 2] in m from the centre to positions [..., 3]."""
        return self.centre + np.asarray(uv, dtype=np.float64) @ self.rotation[:, :2].T


@dataclass(frozen=True, eq=False)
class Robot:
    """An arm: its model, its own limits, and the part of space in which it works.

    Parameters
    ----------
    name : of the robot.
    urdf : path of the model; a relative one is looked up in pybullet_data.
    tcp_link : link whose frame is the tool centre point (TCP).
    arm_joints : the n controlled joints, from the base on; all others are held still.
    home : [n] in rad; the TCP's orientation there is the one that is held. For a sliding
        joint, here and below, m stands for rad and N for N m.
    position_lower, position_upper : [n] in rad.
    velocity_limits : [n] in rad/s.
    torque_limits : [n] in N m.
    damping : [n] in N m s/rad, gain on the joint velocity error. It sets how far a push
        moves the arm: about ``J damping^-1 J^T`` times the push's impulse.
    workspace_lower, workspace_upper : [3] in m, corners of the box for the TCP, base frame.
    writing_plane : where 1-D and 2-D demonstrations are drawn.
    controlled : indices into `TWIST` of the parts of the TCP's twist that the arm can follow;
        an arm of fewer than six joints can't follow all.
    """

    name: str
    urdf: str
    tcp_link: str
    arm_joints: tuple[str, ...]
    home: Vector
    position_lower: Vector
    position_upper: Vector
    velocity_limits: Vector
    torque_limits: Vector
    damping: Vector
    workspace_lower: Vector
    workspace_upper: Vector
    writing_plane: WritingPlane
    controlled: tuple[int, ...] = (0, 1, 2, 3, 4, 5)

    @cached_property
    def controlled_rows(self) -> slice | list[int]:
        """`controlled` as an index into rows, of all six without a copy."""
        return slice(None) if len(self.controlled) == 6 else list(self.controlled)

    @cached_property
    def inner_range(self) -> tuple[Vector, Vector]:
        """Lower and upper positions [n] in rad within the limits' margins."""
        margin = LIMIT_MARGIN * (self.position_upper - self.position_lower)
        return self.position_lower + margin, self.position_upper - margin

    def placement_for(self, source: Placeable) -> Placement:
        """Place demonstrations, or a policy learned from them, in the base frame.

        One and two dimensions are scaled uniformly to fit the writing plane, centred on it
        (one along its first axis); three, and the positions of poses (d = 6), keep their place,
        converted to m.

        Parameters
        ----------
        source : anything with a ``workspace`` (lower [d], upper [d]) and ``units``.

        Raises
        ------
        ParameterError
            If d is not 1, 2, 3 or 6, the workspace is empty, or the units of 3-D data and
            poses are no known length.
        """
        lower, upper = (np.asarray(corner, dtype=np.float64) for corner in source.workspace)
        d = lower.size
        if lower.shape != (d,) or upper.shape != (d,) or d not in (1, 2, 3, 6):
            raise ParameterError(
                "demonstrations can't be placed in the robot's workspace",
                got=f"{d} dimensions",
                expected="1, 2 or 3 (position of the TCP) or 6 (pose)",
            )
        if d >= 3:
            if source.units not in METRES:
                raise ParameterError(
                    "unknown unit of length for demonstrations in space",
                    got=repr(source.units),
                    expected=" or ".join(METRES),
                    advice="name the units when loading the demonstrations",
                )
            return Placement(metres_per_unit=METRES[source.units])
        extent = upper - lower
        if not (np.isfinite(extent).all() and (extent >= 0).all() and extent.max() > 0):
            raise ParameterError(
                "demonstrations without extent can't be fitted on the writing plane",
                got=f"lower {lower.tolist()}, upper {upper.tolist()}",
                expected="lower < upper",
            )
        plane = self.writing_plane
        with np.errstate(divide="ignore"):
            scale = float(np.min(plane.size[:d] / extent))
        middle = plane.rotation[:, :d] @ (lower + upper) / 2
        return Placement(plane.rotation, plane.centre - scale * middle, scale)


def load_robot(name_or_path: str | Path) -> Robot:
    """Load the robot of that name, or the one described by a YAML file.

    Parameters
    ----------
    name_or_path : ``"panda"``, ``"iiwa"``, ``"planar"``, ``"point"``, or a path ending in
        .yaml or .yml (see ``sim/robots/panda.yaml`` for the keys).

    Raises
    ------
    ParameterError
        If the robot is unknown, or a key is missing, unknown or has a bad value.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = ROBOTS / f"{name_or_path}.yaml"
    if not path.is_file():
        known = sorted(file.stem for file in ROBOTS.glob("*.yaml"))
        raise ParameterError(
            "unknown robot",
            got=repr(str(name_or_path)),
            expected=f"one of {', '.join(known)}, or the path of a YAML file",
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"the robot file {path} is not YAML", got=str(error)) from error
    return _Reader(path).robot(values)


class _Reader:
    """Turns the YAML file at ``path`` into a `Robot`; every complaint names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def robot(self, values: Any) -> Robot:
        joint_keys = ["home", "position_lower", "position_upper"]
        joint_keys += ["velocity_limits", "torque_limits", "damping"]
        plain = {"urdf", "tcp_link", "arm_joints", *joint_keys}
        required = plain | {"workspace", "writing_plane"}
        values = self.keys(values, required, "the robot", optional={"controlled"})
        box = self.keys(values["workspace"], {"lower", "upper"}, "workspace")
        names = values["arm_joints"]
        if not (isinstance(names, list) and names and all(isinstance(n, str) for n in names)):
            raise self.error("arm_joints", names, "a list of joint names")
        per_joint = {key: self.vector(values[key], len(names), key) for key in joint_keys}
        beside = self.path.parent / str(values["urdf"])
        robot = Robot(
            name=self.path.stem,
            urdf=str(beside.resolve() if beside.is_file() else values["urdf"]),
            tcp_link=str(values["tcp_link"]),
            arm_joints=tuple(names),
            workspace_lower=self.vector(box["lower"], 3, "workspace lower"),
            workspace_upper=self.vector(box["upper"], 3, "workspace upper"),
            writing_plane=self.plane(values["writing_plane"]),
            controlled=self.parts(values.get("controlled", list(TWIST))),
            **per_joint,
        )
        for key in ("velocity_limits", "torque_limits", "damping"):
            if not (per_joint[key] > 0).all():
                raise self.error(key, per_joint[key].tolist(), "numbers above 0")
        if not (robot.workspace_lower < robot.workspace_upper).all():
            raise self.error("workspace", box, "lower < upper")
        inside = (robot.position_lower < robot.home) & (robot.home < robot.position_upper)
        if not inside.all():
            joint = names[int(np.argmin(inside))]
            raise self.error("home", robot.home.tolist(), f"{joint} within its limits")
        return robot

    def plane(self, values: Any) -> WritingPlane:
        values = self.keys(
            values,
            {f.name for f in fields(WritingPlane)} - {"rotation"} | {"axes"},
            "writing_plane",
        )
        axes = values["axes"]
        if not (isinstance(axes, list) and len(axes) == 2):
            raise self.error("writing_plane axes", axes, "two vectors")
        u, v = (self.vector(axis, 3, "writing_plane axes") for axis in axes)
        if not np.allclose([u @ u, v @ v, u @ v], [1, 1, 0], atol=1e-6):
            raise self.error("writing_plane axes", axes, "two orthogonal unit vectors")
        size = self.vector(values["size"], 2, "writing_plane size")
        if not (size > 0).all():
            raise self.error("writing_plane size", size.tolist(), "numbers above 0")
        centre = self.vector(values["centre"], 3, "writing_plane centre")
        rotation = np.column_stack([u, v, np.cross(u, v)])
        rotation.setflags(write=False)
        return WritingPlane(centre, rotation, size)

    def parts(self, values: Any) -> tuple[int, ...]:
        known = isinstance(values, list) and all(part in TWIST for part in values)
        if not (known and {"x", "y", "z"} & set(values) and len(set(values)) == len(values)):
            raise self.error("controlled", values, f"some of {', '.join(TWIST)}")
        return tuple(sorted(TWIST.index(part) for part in values))

    def keys(
        self, values: Any, expected: set[str], what: str, optional: Collection[str] = ()
    ) -> Mapping[str, Any]:
        if not isinstance(values, Mapping):
            raise self.error(what, values, f"the keys {', '.join(sorted(expected))}")
        missing, unknown = expected - set(values), set(values) - expected - set(optional)
        if missing or unknown:
            problem = [f"{' and '.join(sorted(missing))} missing"] if missing else []
            problem += [f"{' and '.join(sorted(map(str, unknown)))} unknown"] if unknown else []
            raise self.error(what, "; ".join(problem), f"the keys {', '.join(sorted(expected))}")
        return values

    def vector(self, values: Any, size: int, what: str) -> Vector:
        try:
            vector = np.array(values, dtype=np.float64)
        except (TypeError, ValueError):
            vector = np.empty(0)
        if vector.shape != (size,) or not np.isfinite(vector).all():
            raise self.error(what, values, f"{size} finite numbers")
        vector.setflags(write=False)
        return vector

    def error(self, what: str, got: object, expected: str) -> ParameterError:
        return ParameterError(f"{what} in {self.path} is wrong", got=got, expected=expected)
