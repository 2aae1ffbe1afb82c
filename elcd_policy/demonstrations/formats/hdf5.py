"""HDF5 of robomimic, Isaac Lab and their like: ``data/demo_0/obs/robot0_eef_pos`` [N, 3].

Quaternions ``..._quat`` [N, 4] are x y z w; Isaac Lab wrote w first until 2026. Steps are
``control_freq`` of the ``env_args`` apart, unless a demonstration has a data set ``time`` [N] in
s, which robomimic ignores and `hdf5_writer` writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DemonstrationError
from ...utils.json_text import parse_json
from ..recording import Recording
from ..sidecar import KEYS, parse_about
from ..source import Source
from ..types import default_names
from .csv import QUATERNION as QUATERNION_LABELS
from .hdf5_tree import Tree, read_hdf5_tree

POSITION, QUATERNION = "robot0_eef_pos", "robot0_eef_quat"
POSITIONS = (POSITION, "eef_pos", "ee_pos", "eef_position", "ee_position", "tcp_pos")
OBSERVATIONS = ("obs", "observations")
JOINTS = ("joint_pos", "joint_positions", "qpos")
TIMES = ("time", "timestamp", "timestamps")
W_FIRST = "Isaac-"
"""Environments whose recorder wrote quaternions w first, by the beginning of their names."""

_DEMO = re.compile(r"(demo|episode|traj|trajectory)_?\d*")
_EXPECTED = "an HDF5 file with groups data/demo_*/obs"


def read_hdf5(path: Path, request: Source) -> tuple[list[Recording], dict[str, Any]]:
    """Return the demonstrations in a file, and what its ``data`` group says of them.

    Parameters
    ----------
    path : of the file.
    request : whose ``series`` is the observation to read, such as "robot0_joint_pos". By default
        the poses of the end effector, else the only observation there is.

    Raises
    ------
    DemonstrationError
        If the file is damaged, or holds no demonstrations.
    MissingExtraError
        If h5py is not installed.
    """
    layout: list[_Demo] = []

    def choose(tree: Tree) -> list[str]:
        layout.extend(_demos(path, tree, request))
        masks = [name for name in tree.sets if name.startswith("mask/")]
        return [*masks, *(name for demo in layout for name in demo.wanted)]

    tree, arrays = read_hdf5_tree(path, choose, _EXPECTED)
    if not layout:
        raise DemonstrationError(f"{path} holds no demonstrations", expected=_EXPECTED)
    facts = tree.attributes.get("data", {}) | tree.attributes.get("", {})
    env = _environment(facts)
    texts = {key: str(facts[key]) for key in KEYS if key in facts}
    about = parse_about(texts, path)
    masks = {
        name.removeprefix("mask/"): tuple(
            f"{path.stem}_{_text(key)}" for key in arrays[name].ravel()
        )
        for name in tree.sets
        if name.startswith("mask/")
    }
    if masks:
        about["masks"] = masks
    names = about.get("names", ())
    recordings = [demo.recording(path, arrays, request, env, names) for demo in layout]
    return recordings, about


class _Demo:
    """The place of one demonstration in a file."""

    def __init__(self, name: str, group: str, observations: str, tree: Tree) -> None:
        self.name, self.group, self.observations = name, group, observations
        self.key = self.quaternion = self.clock = ""
        self.fault: DemonstrationError | None = None
        self.known = [
            name.removeprefix(f"{observations}/" if observations else "")
            for name in tree.sets
            if not observations or name.startswith(f"{observations}/")
        ]
        inside = tree.children(group)
        self.clock = next((f"{group}/{key}".strip("/") for key in TIMES if key in inside), "")
        self.known = [name for name in self.known if name not in TIMES]

    def choose(self, path: Path, wanted: str, usual: str) -> None:
        """Decide what is read; `fault` says why nothing can be.

        ``usual`` is what the demonstrations before this one were read from.
        """
        if wanted in self.known:
            self.key = wanted
        elif not wanted and not usual:
            ends = [key for end in POSITIONS for key in self.known if key.endswith(end)]
            self.key = ends[0] if ends else self.known[0] if len(self.known) == 1 else ""
        elif usual in self.known:
            self.key = usual
        if not self.key:
            self.fault = DemonstrationError(
                f"{self.name} of {path} lacks the observation '{wanted or usual or POSITION}'",
                got=", ".join(self.known) or "none",
                advice=f"--drop {self.name}, or name one behind the file: 'FILE?OBSERVATION'",
            )
            return
        if self.key.endswith(POSITIONS) and not wanted:
            turn = re.sub(r"pos(ition)?$", "quat", self.key)
            self.quaternion = turn if turn in self.known else ""

    @property
    def wanted(self) -> list[str]:
        """Return the names of the data sets to read."""
        keys = [key for key in (self.key, self.quaternion) if key]
        full = [f"{self.observations}/{key}".strip("/") for key in keys]
        return [*full, *([self.clock] if self.clock and self.key else [])]

    def recording(
        self,
        path: Path,
        arrays: dict[str, Any],
        request: Source,
        env: dict[str, Any],
        names: Sequence[str],
    ) -> Recording:
        """Return what was read."""
        name, where = f"{path.stem}_{self.name}", f"{self.name} of {path}"
        if self.fault is not None:
            return Recording(name, where, (), np.zeros((0, 0)), None, fault=self.fault)
        values = [_matrix(arrays[key], where) for key in self.wanted if key != self.clock]
        d = values[0].shape[1]
        labels = [*(names if len(names) == d else default_names(d))]
        kinds = {}
        if self.key.endswith(JOINTS):
            labels = [f"{self.key.rpartition('/')[2]}_{i}" for i in range(d)]
            kinds = dict.fromkeys(labels, "joint")
        units = {label: "rad" for label in labels if self.key.endswith(JOINTS[:2])}
        remarks = []
        if self.quaternion:
            order = request.quaternion
            if not order and str(env.get("env_name", "")).startswith(W_FIRST):
                order = "wxyz"
                remarks.append(
                    f"{path}: {self.quaternion} is read as w x y z, as Isaac Lab wrote until 2026; "
                    "say ?quaternion=xyzw if it is a later one"
                )
            labels += QUATERNION_LABELS
            if order == "wxyz":
                values[1] = np.roll(values[1], -1, axis=1)
        if len({len(each) for each in values}) > 1 or len(labels) != sum(
            v.shape[1] for v in values
        ):
            fault = DemonstrationError(
                f"{where} does not hold poses",
                got=f"shapes {', '.join(str(list(each.shape)) for each in values)}",
                expected="[N, 3] and [N, 4]",
            )
            return Recording(name, where, (), np.zeros((0, 0)), None, fault=fault)
        time = None
        if self.clock:
            time = np.asarray(arrays[self.clock], dtype=np.float64).ravel()
        elif request.rate is None and _frequency(env):
            time = np.arange(len(values[0])) / _frequency(env)
        if time is not None and len(time) != len(values[0]):
            fault = DemonstrationError(
                f"time and position in {where} differ in length",
                got=f"{len(time)} times and {len(values[0])} positions",
                expected="as many",
            )
            return Recording(name, where, (), np.zeros((0, 0)), None, fault=fault)
        return Recording(
            name,
            where,
            tuple(labels),
            np.hstack(values),
            time,
            time_unit="" if self.clock else "s",
            units=units,
            kinds=kinds,
            remarks=tuple(remarks),
        )


def _demos(path: Path, tree: Tree, request: Source) -> list[_Demo]:
    """Return the demonstrations in a file, in natural order."""
    root = "data" if "data" in tree.attributes else ""
    groups = [
        name for name in tree.children(root) if f"{root}/{name}".strip("/") in tree.attributes
    ]
    names = groups if root else [name for name in groups if _DEMO.fullmatch(name)]
    names.sort(key=lambda name: int(re.sub(r"\D", "", name)[:18] or 0))
    demos: list[_Demo] = []
    for name in names or ([path.stem] if any(obs in groups for obs in OBSERVATIONS) else []):
        group = f"{root}/{name}".strip("/") if names else ""
        inner = tree.children(group)
        observed = next((obs for obs in OBSERVATIONS if obs in inner), "")
        demo = _Demo(name, group, f"{group}/{observed}".strip("/"), tree)
        demo.choose(path, request.series, next((each.key for each in demos if each.key), ""))
        demos.append(demo)
    return demos


def _matrix(array: Any, where: str) -> Any:
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2):
        raise DemonstrationError(
            f"{where} holds no coordinates",
            got=f"{array.dtype} {list(array.shape)}",
            expected="real numbers [N, d]",
        )
    return np.asarray(array, dtype=np.float64).reshape(len(array), -1)


def _environment(facts: dict[str, Any]) -> dict[str, Any]:
    try:
        env = parse_json(str(facts.get("env_args", "{}")))
    except ValueError:
        return {}
    return env if isinstance(env, dict) else {}


def _frequency(env: dict[str, Any]) -> float:
    """Return steps per s; 0 if nothing says it."""
    inner = env.get("env_kwargs")
    value = inner.get("control_freq") if isinstance(inner, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 < value <= 1e6 else 0.0


def _text(key: Any) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
