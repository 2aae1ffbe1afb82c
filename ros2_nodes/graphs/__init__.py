"""Node graphs, described once, and started by launch files or without ROS's launch."""
