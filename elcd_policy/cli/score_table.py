"""Tables that several commands print."""

from __future__ import annotations

from ..demonstrations import DemonstrationSet
from ..demonstrations.inspection import extent_units, people_units
from ..evaluation import Scores


def score_table(scores: list[Scores], demonstrations: DemonstrationSet) -> str:
    """Format one row per demonstration and their mean, in the demonstrations' units.

    Metres are shown as mm unless the motion extends over 10 m. For poses a second table follows:
    positions in mm, then orientations in deg.
    """
    labels = [demo.name or str(index) for index, demo in enumerate(demonstrations)]
    turned = [each.orientation for each in scores if each.orientation is not None]
    if not turned:
        extent = float(extent_units(demonstrations)[0])
        factor, units = people_units(demonstrations.units, extent)
        return _table([score.scaled(factor) for score in scores], labels, units)
    return _table(scores, labels, "mm") + "\n" + _table(turned, labels, "deg")


def _table(scores: list[Scores], labels: list[str], units: str) -> str:
    rows = [*zip(labels, scores, strict=True), ("mean", Scores.mean(scores))]
    width = max(len(label) for label in [*labels, "mean", f"[{units}]"])
    lines = [f"{f'[{units}]':{width}}" + "".join(f"{name:>14}" for name in Scores.FIGURES)]
    for label, score in rows:
        figures = "".join(f"{getattr(score, name):14.3g}" for name in Scores.FIGURES)
        lines.append(f"{label:{width}}" + figures)
    return "\n".join(lines)
