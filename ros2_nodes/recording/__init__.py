"""Parts of recorder_node: a demonstration on its way from a topic to the disk."""
