"""From the robot's state to a command: control without ROS."""
