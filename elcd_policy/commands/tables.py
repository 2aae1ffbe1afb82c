"""Tables that several commands print."""

from __future__ import annotations

from dataclasses import fields

from ..demonstrations import DemonstrationSet
from ..evaluation import Scores


def score_table(scores: list[Scores], demonstrations: DemonstrationSet) -> str:
    """One row per demonstration and their mean, in the demonstrations' units."""
    names = [item.name for item in fields(Scores)]
    labels = [demo.name or str(index) for index, demo in enumerate(demonstrations)]
    rows = [*zip(labels, scores, strict=True), ("mean", Scores.mean(scores))]
    width = max(len(label) for label, _ in [*rows, (f"[{demonstrations.units}]", None)])
    lines = [f"{f'[{demonstrations.units}]':{width}}" + "".join(f"{name:>14}" for name in names)]
    for label, score in rows:
        lines.append(
            f"{label:{width}}" + "".join(f"{getattr(score, name):14.3g}" for name in names)
        )
    return "\n".join(lines)
