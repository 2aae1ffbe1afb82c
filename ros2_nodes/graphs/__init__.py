"""Node graphs, described once; brought up by launch files or without ROS's launch."""
