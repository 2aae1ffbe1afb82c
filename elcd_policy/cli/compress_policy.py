"""``elcd compress`` of a policy file."""

from __future__ import annotations

import argparse

from ..compression.motion import certify_compressed, compress_policy, own_motions
from ..demonstrations import load_demonstrations
from ..errors import ParameterError
from ..evaluation import Scores, evaluate
from ..formats.policy_file import export_packed, load_policy
from .compress import Compressed, settings, timed


def compressed(args: argparse.Namespace) -> Compressed:
    """The policy, fine-tuned on demonstrations or on its own motions."""
    if len(args.source) > 1:
        raise ParameterError(
            "a policy is fine-tuned on one source", got=" ".join(args.source), expected="one"
        )
    loaded = load_policy(args.policy)
    shown = load_demonstrations(args.source[0], units=args.units) if args.source else None
    small, cpu = timed(lambda: compress_policy(loaded, shown, **settings(args)))
    certificate = certify_compressed(small)
    judged = shown or own_motions(loaded)
    before, after = (Scores.mean(evaluate(p, judged)) for p in (loaded, small.policy))
    unit = "mm" if before.orientation is not None else judged.units
    return Compressed(
        small=small,
        cpu_s=cpu,
        source=judged.source,
        before={**before.to_dict(), "units": judged.units},
        after={**after.to_dict(), "units": judged.units},
        accuracy=f"DTW {before.dtw:.3g} to {after.dtw:.3g} {unit}",
        verdict=certificate.verdict,
        reasons=certificate.reasons,
        summary=certificate.summary,
        write=lambda path: export_packed(small.policy, small.weights, path),
    )
