"""Draw a policy's vector field, with demonstrations and the rollouts from their starts."""

from __future__ import annotations

import argparse

from ..avoiding import avoid
from ..evaluation import as_learned
from ..formats import load
from ..obstacles import Obstacle, load_obstacles
from ..plotting import plot_field
from .source_options import add_source, load_source

EXAMPLE = """example:
  elcd plot sshape.pt lasa:Sshape -o sshape.png
  elcd plot sshape.pt --obstacles obstacles.yaml -o around.png
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("policy", help="policy file")
    add_source(parser, optional="the trained ones")
    parser.add_argument("-o", "--output", required=True, metavar="PNG", help=".png, .pdf or .svg")
    parser.add_argument("--obstacles", metavar="YAML", help="bodies to keep clear of")


def run(args: argparse.Namespace) -> int:
    """Write the picture."""
    policy = load(args.policy)
    demonstrations = load_source(vars(args), args.source or policy.metadata.source)
    demonstrations = as_learned(policy, demonstrations)
    obstacles: list[Obstacle] = []
    if args.obstacles is not None:
        obstacles, margin = load_obstacles(args.obstacles)
        policy = avoid(policy, obstacles, margin)
    starts = [demonstration.position[0] for demonstration in demonstrations]
    longest = max(demonstration.duration for demonstration in demonstrations)
    plot_field(
        policy.velocity,
        demonstrations,
        rollouts=[policy.rollout(starts, 2 * longest, 0.01)],
        goal=policy.get_goal(),
        obstacles=obstacles,
        title=demonstrations.source,
        path=args.output,
    )
    print(args.output)
    return 0
