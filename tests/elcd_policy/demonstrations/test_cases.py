"""What teams recorded, from public reports: each folder gives the motion, or one line to act on.

The folders lie beside the repository, in ``../shared/cases``; each says what it is in its README.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from elcd_policy.demonstrations import DemonstrationSet, load_demonstrations
from elcd_policy.errors import DemonstrationError, ElcdError

CASES = Path(__file__).parents[4] / "shared" / "cases"
JOINTS = "elbow shoulder_lift shoulder_pan wrist_1 wrist_2 wrist_3"
UR = tuple(f"{name}_joint" for name in JOINTS.split())
MOTORS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll")
#: Where the reaching motions of most folders begin and end, in m, to 0.03 m.
BEGIN, END = (0.3525, -0.2526, 0.1628), (0.6, 0.2, 0.35)

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not there")


@dataclass(frozen=True)
class Reads:
    """The motion that a user of the folder would want.

    ``names`` and ``units`` are of the coordinates; ``words`` stand in the remarks; ``options`` are
    those of `load_demonstrations`, which the refusal without them advises.
    """

    names: tuple[str, ...] = ("x", "y", "z")
    units: tuple[str, ...] = ("m", "m", "m")
    count: int = 3
    duration: float = 3.0
    words: tuple[str, ...] = ()
    behind: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""


POSE = {"names": ("x", "y", "z", "rx", "ry", "rz"), "units": ("m",) * 3 + ("rad",) * 3}
PLAIN = Reads()

EXPECTED: dict[str, list[Reads]] = {
    "01_plotjuggler_export": [Reads(words=("left out /gripper/width",))],
    "03_ros2_topic_echo_csv": [Reads(**POSE)],
    "04_excel_semicolon_comma": [PLAIN],
    "05_time_in_ms": [Reads(options={"time_unit": "ms"}, refusal="say --time-unit ms")],
    "06_time_in_ns_epoch": [PLAIN],
    "06b_time_in_ns_plain": [Reads(options={"time_unit": "ns"}, refusal="say --time-unit ns")],
    "07_trailing_commas": [PLAIN],
    "08_duplicated_stamps": [Reads(words=("repeated samples (60) dropped",))],
    "09_pandas_index": [PLAIN],
    "10_tum_trajectory": [Reads(**POSE)],
    "13_quat_other_names": [Reads(**POSE)],
    "14_euler_wrap": [
        Reads(**POSE, words=("roll, pitch, yaw reach 180 and are read as deg",)),
        Reads(**POSE, options={"units": "m,deg"}),
    ],
    "15_joint_degrees": [
        Reads(
            tuple(f"j{i}" for i in range(1, 7)),
            ("rad",) * 6,
            options={"units": "deg"},
            refusal="are they in deg? say --units deg",
        )
    ],
    "16_header_units": [Reads(units=("mm",) * 3)],
    "19_one_file_demo_id": [PLAIN],
    "19b_time_first_demo_id": [PLAIN],
    "21_gap_in_log": [
        Reads(duration=1.1, options={"gaps": "cut"}, refusal="a gap of 0.81 s at 1.09 s"),
        Reads(options={"gaps": "bridge"}, refusal="--gaps bridge", words=("bridged",)),
    ],
    "33b_zstd_bare_file": [Reads(**POSE)],
    "34_reindexed_empty_storage": [Reads(**POSE, words=("metadata.yaml can't be used",))],
    "35_zero_stamps_before_clock": [Reads(**POSE, words=("3 stamps of 0 replaced",))],
    "36_duplicate_stamps": [Reads(**POSE, words=("repeated samples (60) dropped",))],
    "37_out_of_order": [Reads(**POSE, words=("sorted by time",))],
    "38_joint_states_two_publishers": [
        Reads(
            tuple(f"panda_joint{i}" for i in range(1, 8)),
            ("rad",) * 7,
            words=("left out panda_finger_joint1, panda_finger_joint2",),
        )
    ],
    "40_tf_only": [
        Reads(
            **POSE,
            behind="?/tf:panda_link0->panda_hand_tcp",
            refusal="several transforms: got panda_link0->panda_hand_tcp, panda_link0->panda_link1",
        )
    ],
    "42_killed_recorder_mcap": [Reads(**POSE, duration=2.48, words=("up to the break",))],
    "43_ros1_bag": [Reads(**POSE)],
    "44_pose_no_header": [Reads(**POSE)],
    "45_clock_step": [Reads(**POSE, words=("the clock steps by +3600 s at message 151",))],
    "47_ur_alphabetical_joints": [Reads(UR, ("rad",) * 6)],
    "50_lerobot_so101_degrees": [
        Reads(
            tuple(f"{motor}.pos" for motor in MOTORS),
            ("rad",) * 5,
            words=("left out gripper.pos",),
            options={"units": "deg"},
            refusal="say --units deg",
        )
    ],
    "52_lerobot_pose_other_names": [
        Reads(
            **POSE,
            behind="?observation.state[x,y,z,qx,qy,qz,qw]",
            refusal=r"name them: 'SOURCE?[x,y,z,qx,qy,qz,qw]'",
        )
    ],
    "54_lerobot_v3_boundary_twice": [Reads(words=("1 episodes stand in several files",))],
    "60_isaaclab_hdf5": [
        Reads(
            **POSE,
            count=4,
            words=("eef_quat is read as w x y z",),
            options={"rate": 20},
            refusal="say --rate HZ",
        )
    ],
    "61_robomimic_mask": [
        Reads(**POSE, count=4),
        Reads(**POSE, behind="?mask=train"),
        Reads(**POSE, behind="?episodes=0,2-3"),
    ],
    "62_robomimic_no_quat": [
        Reads(options={"drop": ["demo_2"]}, refusal="lacks the observation 'robot0_eef_pos'")
    ],
    "64_robomimic_no_env_args": [
        Reads(**POSE, count=4, options={"rate": 20}, refusal="say --rate HZ")
    ],
    "71_matlab_plain_vars": [PLAIN],
    "71b_matlab_t_pos": [Reads(count=1)],
    "83_closed_loop": [Reads(duration=4.0)],
    "84_figure_eight_crossing": [Reads(duration=5.0)],
    "85_there_and_back": [Reads(duration=4.0)],
    "86_start_near_goal": [PLAIN],
    "88_different_goals": [PLAIN],
    "91_pause_in_the_middle": [Reads(duration=5.0)],
    "92_speeds_differ": [PLAIN],
    "93_one_still_demo": [PLAIN],
}
READINGS = [
    pytest.param(name, reading, id=f"{name}-{number}")
    for name, readings in EXPECTED.items()
    for number, reading in enumerate(readings)
]
ROBOTS = {"102", "104", "105", "107", "110"}
"""Folders of arms, not of demonstrations, by the number in front."""


def source(name: str) -> Path:
    inside = [path for path in (CASES / name).iterdir() if path.name != "README.md"]
    return inside[0] if len(inside) == 1 and inside[0].is_file() else CASES / name


def test_every_folder_has_its_expectation() -> None:
    names = {path.name for path in CASES.iterdir() if path.is_dir()} - {"malformed"}
    assert {name for name in names if name.partition("_")[0] not in ROBOTS} == set(EXPECTED)


@pytest.mark.parametrize(("name", "reading"), READINGS)
def test_a_folder_gives_the_motion_that_was_recorded(name: str, reading: Reads) -> None:
    demos = load_demonstrations(f"{source(name)}{reading.behind}", **reading.options)
    assert (demos.names, demos.coordinate_units) == (reading.names, reading.units)
    assert len(demos) == reading.count
    assert demos.duration == pytest.approx(reading.duration, abs=1e-6)
    assert all(0 <= demo.time[0] < 10 for demo in demos)  # of epochs, from the first on
    for words in reading.words:
        assert any(words in remark for remark in demos.remarks)
    if name < "40" and reading.units[0] in ("m", "mm"):
        check_reach(demos, 1000.0 if reading.units[0] == "mm" else 1.0, reading)


def check_reach(demos: DemonstrationSet, per_metre: float, reading: Reads) -> None:
    scale = 0.03 * per_metre
    np.testing.assert_allclose(demos.goal[:3], np.multiply(END, per_metre), atol=scale)
    if reading.options.get("gaps") != "cut":
        begin = demos[0].position[0, :3]
        np.testing.assert_allclose(begin, np.multiply(BEGIN, per_metre), atol=scale)


@pytest.mark.parametrize(("name", "reading"), [each for each in READINGS if each.values[1].refusal])
def test_what_can_not_be_guessed_is_refused_with_what_to_say(name: str, reading: Reads) -> None:
    with pytest.raises(DemonstrationError) as caught:
        load_demonstrations(source(name))
    assert reading.refusal in str(caught.value)
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)


def test_orientations_are_the_same_in_every_dialect() -> None:
    one = load_demonstrations(CASES / "10_tum_trajectory")
    for name in ("13_quat_other_names", "44_pose_no_header", "43_ros1_bag"):
        other = load_demonstrations(CASES / name)
        assert abs(one.orientation @ other.orientation) == pytest.approx(1.0, abs=1e-6)
        np.testing.assert_allclose(other[0].position, one[0].position, atol=3e-6)
    lab = load_demonstrations(CASES / "60_isaaclab_hdf5" / "dataset.hdf5", rate=20)
    suite = load_demonstrations(CASES / "61_robomimic_mask" / "low_dim.hdf5")
    np.testing.assert_allclose(lab[0].position, suite[0].position, atol=1e-12)


def test_euler_angles_do_not_jump_at_half_a_turn() -> None:
    demos = load_demonstrations(CASES / "14_euler_wrap")
    steps = [np.abs(np.diff(demo.position[:, 3:], axis=0)).max() for demo in demos]
    assert max(steps) < 0.02


READERS = {"csv", "db3", "hdf5", "lerobot", "mcap", "npz", "sidecar"}


def malformed() -> list[Path]:
    folder = CASES / "malformed"
    kinds = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in kinds if path.name.partition("_")[0] in READERS)


@pytest.mark.parametrize("folder", malformed(), ids=lambda folder: folder.name)
def test_malformed_files_end_in_a_result_or_one_line(folder: Path) -> None:
    (place,) = (path for path in folder.iterdir() if path.name.startswith("input"))
    try:
        load_demonstrations(place)
    except ElcdError as error:
        assert len(str(error)) < 500  # noqa: PT017
