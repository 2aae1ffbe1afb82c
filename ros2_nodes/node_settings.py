"""The parameters of each node: names, defaults, units, ranges, meanings."""

from __future__ import annotations

from .settings import Setting

BASE_FRAME = Setting("base_frame", "base_link", "Frame of states, commands and placement")

POLICY_NODE = (
    Setting("policy_file", "", "Path of the exported policy (.pt)"),
    Setting("rate", 100.0, "Rate of the commands", "Hz", 1.0, 1000.0),
    BASE_FRAME,
    Setting(
        "state_in_type",
        "geometry_msgs/PoseStamped",
        "Where the state comes from: ee_pose, or joint_states with the robot's URDF",
        choices=("geometry_msgs/PoseStamped", "sensor_msgs/JointState"),
    ),
    Setting(
        "command_out_type",
        "geometry_msgs/TwistStamped",
        "What is sent: twists on cmd_vel, or joint velocities on ~/joint_cmd",
        choices=("geometry_msgs/TwistStamped", "std_msgs/Float64MultiArray"),
    ),
    Setting("tcp_frame", "", "Link of the URDF whose origin is the TCP; needed with joint states"),
    Setting(
        "joints",
        (),
        "Order of the joints in ~/joint_cmd and in a joint-space policy; none for the URDF's",
    ),
    Setting("urdf_file", "", "Path of the URDF; none for the topic robot_description"),
    Setting("state_timeout", 0.2, "Age from which a state is stale", "s", 0.01, 5.0, live=True),
    Setting("max_speed", 0.25, "Largest speed of the TCP", "m/s", 0.001, 3.0, live=True),
    Setting(
        "max_angular_speed", 1.0, "Largest angular speed of the TCP", "rad/s", 0.01, 6.0, live=True
    ),
    Setting(
        "max_acceleration",
        2.0,
        "Largest acceleration of the command",
        "m/s^2",
        0.01,
        50.0,
        live=True,
    ),
    Setting(
        "max_angular_acceleration",
        8.0,
        "Largest angular acceleration of the command",
        "rad/s^2",
        0.01,
        100.0,
        live=True,
    ),
    Setting(
        "max_joint_speed",
        1.0,
        "Largest speed of a joint; the URDF's limits hold too",
        "rad/s",
        0.001,
        20.0,
        live=True,
    ),
    Setting(
        "max_joint_acceleration",
        5.0,
        "Largest acceleration of a joint; the URDF's limits hold too, where it has any",
        "rad/s^2",
        0.01,
        100.0,
        live=True,
    ),
    Setting(
        "speed_scale", 1.0, "Slows the whole motion down along its path", "", 0.0, 1.0, live=True
    ),
    Setting("goal_tolerance", 0.005, "Distance that counts as reached", "m", 1e-4, 1.0, live=True),
    Setting(
        "joint_goal_tolerance",
        0.01,
        "Distance that counts as reached for a joint-space policy",
        "rad",
        1e-4,
        1.0,
        live=True,
    ),
    Setting(
        "workspace_lower",
        (),
        "Lower corner of the box for the TCP; none for the demonstrated box plus workspace_margin",
        "m",
        size=3,
    ),
    Setting(
        "workspace_upper",
        (),
        "Upper corner of the box for the TCP; none for the demonstrated box plus workspace_margin",
        "m",
        size=3,
    ),
    Setting("workspace_margin", 0.15, "Added to the demonstrated box", "m", 0.0, 10.0),
    Setting(
        "placement_origin",
        (),
        "Where the policy's origin lies; none for the file's placement",
        "m",
        size=3,
    ),
    Setting(
        "placement_rotation",
        (),
        "Quaternion x y z w of the policy's axes; none for the file's placement",
        size=4,
    ),
    Setting(
        "placement_metres_per_unit",
        0.0,
        "Length of the policy's unit; 0 for the file's placement",
        "m",
        0.0,
        1e3,
    ),
    Setting(
        "hold_orientation",
        (),
        "Quaternion x y z w of the TCP to hold; none for that of the first state",
        size=4,
    ),
    Setting(
        "hold_gain",
        2.0,
        "Rate at which the distance from the policy's line or plane decays",
        "1/s",
        0.0,
        20.0,
    ),
    Setting(
        "hold_gain_angular", 2.0, "Rate at which the orientation's error decays", "1/s", 0.0, 20.0
    ),
    Setting("require_enable", False, "Move only while ~/enable says true (deadman switch)"),
    Setting("enable_timeout", 0.5, "Age from which ~/enable no longer counts", "s", 0.05, 10.0),
    Setting(
        "predicted_path_rate",
        1.0,
        "Largest rate of ~/predicted_path while somebody listens; 0 for never",
        "Hz",
        0.0,
        5.0,
    ),
    Setting(
        "autostart",
        False,
        "Configure and activate by itself; a failure ends the process with status 2",
    ),
)

SIM_NODE = (
    Setting("robot", "panda", "Name of the robot, or the path of its YAML file"),
    Setting("rate", 100.0, "Rate of the published states", "Hz", 1.0, 1000.0),
    BASE_FRAME,
    Setting("start", (), "Where the TCP starts; none for the robot's home", "m", size=3),
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
        "duration",
        0.0,
        "Simulated time from the first command to the end; 0 for no end",
        "s",
        0.0,
        1e6,
    ),
    Setting("log_file", "", "Where the episode is saved at the end (.npz)"),
    Setting("gui", False, "Open the simulator's window"),
)
