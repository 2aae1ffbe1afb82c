"""ROS 2 nodes that serve motion policies: five programs, and the rooms of their parts."""
