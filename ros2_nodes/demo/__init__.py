"""The command `elcd demo`: train, start a graph, judge what the arm did, draw it."""
