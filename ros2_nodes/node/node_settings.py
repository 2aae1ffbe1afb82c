"""Parameters of every node but policy_node: names, defaults, units, ranges, meanings."""

from __future__ import annotations

from elcd_policy.sequence import NAMING

from .setting import Setting

BASE_FRAME = Setting("base_frame", "base_link", "Frame of states, commands and placement")
AUTOSTART = Setting(
    "autostart", False, "Configure and activate by itself; a failure ends the process with status 2"
)
TRUST_CODE = Setting(
    "trust_code", False, "Run the code of a file that can't be rebuilt; it is never certified"
)
CAMERA_FRAME = Setting("camera_frame", "camera", "Frame that images name")

SIM_NODE = (
    Setting("robot", "panda", "Name of the robot, or the path of its YAML file"),
    Setting("rate", 100.0, "Rate of the published states", "Hz", 1.0, 1000.0),
    BASE_FRAME,
    Setting("start", (), "Where the TCP starts; none for the robot's home", "m", size=3),
    Setting(
        "start_orientation",
        (),
        "Quaternion x y z w of the TCP at 'start'; none for the orientation at home",
        size=4,
    ),
    Setting(
        "pushes",
        "",
        "Pushes t:fx,fy,fz:duration in s, N and s, separated by blanks; t counts "
        "from the first command",
    ),
    Setting(
        "cmd_timeout",
        0.1,
        "Age from which a command no longer counts: the arm holds",
        "s",
        0.01,
        1.0,
    ),
    Setting("real_time_factor", 1.0, "Simulated seconds per second", "", 0.01, 100.0),
    Setting(
        "clock",
        "publish",
        "Make the time and publish /clock, or keep step with the simulator that does",
        choices=("publish", "follow"),
    ),
    Setting(
        "duration",
        0.0,
        "Simulated time from the first command to the end; 0 for no end",
        "s",
        0.0,
        1e6,
    ),
    Setting("log_file", "", "Where the episode is saved at the end (.npz)"),
    Setting(
        "engine",
        "auto",
        "Physics engine of the simulator; auto: PyBullet where it is installed, else MuJoCo",
        choices=("auto", "pybullet", "mujoco"),
    ),
    Setting("gui", False, "Open the simulator's window"),
    Setting("camera", False, "Publish images of the table, with a red box to be found on it"),
    Setting("camera_rate", 10.0, "Rate of the images", "Hz", 0.1, 50.0),
    CAMERA_FRAME,
    Setting("scene_seed", 0, "Seed of light, colours and clutter on the table", "", 0, 2**31 - 1),
    Setting("box", (), "Where the box stands; none for a place drawn by the seed", "m", size=2),
    Setting(
        "box_moves",
        "",
        "When the box is put elsewhere, and where: t:x,y in s and m, separated by blanks; t counts "
        "from the first command",
    ),
)

GOAL_NODE = (
    Setting("detector_file", "", "Path of the detector (.pt or .elcdz)"),
    TRUST_CODE,
    Setting("base_frame", "base_link", "Frame of the goals: that which the camera's place is in"),
    CAMERA_FRAME,
    Setting("confidence", 0.5, "Least confidence of a detection", "", 0.0, 1.0, live=True),
    Setting(
        "image_timeout",
        0.5,
        "Age from which an image is stale, and silence from which there are none",
        "s",
        0.02,
        10.0,
        live=True,
    ),
    Setting(
        "agreement",
        0.02,
        "Distance within which an image has to agree with the one before",
        "m",
        1e-3,
        1.0,
        live=True,
    ),
    Setting(
        "deadband", 0.002, "Distance from which a moved goal is sent", "m", 0.0, 0.1, live=True
    ),
    Setting("height", 0.1, "Of the goal above the object's centre", "m", -1.0, 1.0, live=True),
    Setting(
        "orientation",
        (),
        "Quaternion x y z w of the goal, for a policy of poses; none for no turn",
        size=4,
    ),
    AUTOSTART,
)

RECORDER_NODE = (
    Setting(
        "state_in_type",
        "geometry_msgs/PoseStamped",
        "What is recorded: ee_pose or joint_states",
        choices=("geometry_msgs/PoseStamped", "sensor_msgs/JointState"),
    ),
    Setting("directory", "recordings", "Folder that the demonstrations are kept in"),
    Setting("base_frame", "base_link", "Frame that poses must be in"),
    Setting(
        "joints",
        (),
        "Joints to record, in order; none for all that are heard before it starts",
    ),
    Setting("robot", "", "Name of the robot that is guided, kept with each demonstration"),
    Setting("note", "", "Whatever else to keep with each demonstration", live=True),
    Setting(
        "state_timeout",
        0.5,
        "Age from which states have stopped: nothing can be started then",
        "s",
        0.01,
        10.0,
        live=True,
    ),
    Setting(
        "min_free_space",
        200.0,
        "Free space on the disk below which no episode starts, and one that runs ends as partial",
        "MB",
        0.0,
        1e9,
        live=True,
    ),
    Setting(
        "max_gap",
        0.1,
        "Time without states from which a warning is given",
        "s",
        0.001,
        10.0,
        live=True,
    ),
)

SKILL_NODE = (
    Setting("skill_file", "", "Path of the skill file (.pt or .elcdz)"),
    TRUST_CODE,
    Setting("base_frame", "base_link", "Frame that poses must be in"),
    Setting(
        "placement_rotation",
        (),
        "Quaternion x y z w that turns the skills' axes into the base frame's, for skills of a "
        "plane; none for no turn",
        size=4,
    ),
    Setting("state_timeout", 0.3, "Age from which a state is stale", "s", 0.02, 10.0, live=True),
    Setting(
        "start_distance",
        NAMING["start_distance"],
        "Distance from rest that counts as a motion, and within which the arm is at rest",
        "m",
        1e-3,
        1.0,
        live=True,
    ),
    Setting(
        "rest_time",
        NAMING["rest_time"],
        "Time at rest that begins and ends a motion",
        "s",
        0.1,
        10.0,
        live=True,
    ),
    Setting(
        "confidence",
        NAMING["confidence"],
        "Least probability of a skill that is named",
        "",
        0.0,
        1.0,
        live=True,
    ),
    Setting(
        "agreement",
        NAMING["agreement"],
        "Time for which a skill has to keep that probability until it is named",
        "s",
        0.0,
        10.0,
        live=True,
    ),
    Setting("skills", (), "Skills that select a policy, each for the file of the same place"),
    Setting("policy_files", (), "Policies that they select, as the policy node knows their paths"),
    Setting("policy_node", "policy_node", "Node that a selected policy is served by"),
    AUTOSTART,
)
