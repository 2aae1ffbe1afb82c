"""Whether a policy does the motion that was shown to it: a verdict beside the certificate.

A certificate is about the field: that it contracts to its goal, whatever it learned. This is
about the motion. Each demonstration's error is the largest distance between it and the path that
the policy takes from its start, matched in order (Frechet distance) and whatever the pace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..demonstrations import DemonstrationSet
from ..demonstrations.inspection import Finding, detect, extent_units, length_text
from ..robot.orientation import POSE_DIMENSION
from .distances import distance_to_path, frechet_distance
from .pace import release_fault, wait_fault
from .scores import RollsOut, as_learned

Array = NDArray[np.float64]

#: A demonstration is followed if the error is at most this share of the extent, the longest side
#: of one demonstration's box. Of LASA's 26 single-pattern shapes the largest is 0.12.
LARGEST_ERROR = 0.15
#: Where a detector found that paths touch themselves, an error also counts where the others agree:
#: above this many times their spread there, to which `AGREEMENT` of the extent is added.
LOCAL_ERROR, AGREEMENT = 1.5, 0.02
#: A fit passes if at most this share of the demonstrations is not followed.
NOT_FOLLOWED = 0.25
#: Kinds of findings in the order in which they explain a miss; the first four concern contacts.
REASONS = ("turns", "closed", "retraced", "crossing", "ways", "throw", "ends", "outlier", "wait")
CONTACTS = REASONS[:4]
LONGER = "train longer, such as --settings linear_steps=900,shooting_steps=1200"

_POINTS = 200


@dataclass(frozen=True)
class FitVerdict:
    """Whether the demonstrations are followed, and the reason if they are not.

    Parameters
    ----------
    passed : at most `NOT_FOLLOWED` of them are not followed, and nothing was found in them that
        rules a fit out: ways that part from one start, a throw that comes to rest before its end,
        a wait that is not kept.
    summary : one plain line.
    followed : [n], for each demonstration.
    errors : [n], its largest distance from the policy's path, in ``units``; of poses of the
        positions. ``turn_errors`` [n] are those of the orientations in rad, for poses only.
    extent : that errors are compared to, in ``units``.
    findings : kinds of what was found in the demonstrations.
    ends : "mean" or "each", how they were learned.
    """

    passed: bool
    summary: str
    followed: list[bool]
    errors: list[float]
    extent: float
    units: str
    findings: list[str]
    ends: str = "mean"
    turn_errors: list[float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form, for a policy's metadata."""
        return asdict(self)


def judge(
    policy: RollsOut, demonstrations: DemonstrationSet, findings: Sequence[Finding] | None = None
) -> FitVerdict:
    """Compare what a policy does with what was shown to it.

    Parameters
    ----------
    policy : eager or loaded.
    demonstrations : they are taken as the policy learned them, see `as_learned`.
    findings : of `detect` on the demonstrations; by default it is called here.

    Raises
    ------
    ShapeError
        If the demonstrations do not fit the policy.
    """
    if findings is None:
        findings = detect(demonstrations)
    facts = getattr(policy, "metadata", None)
    ends = "mean" if facts is None else facts.ends
    kinds = [finding.kind for finding in findings if (finding.kind, ends) != ("ends", "each")]
    shown = as_learned(policy, demonstrations)
    time, paths = _roll_out(policy, shown)
    unit = extent_units(shown)
    local = any(kind in CONTACTS for kind in kinds)
    parts = [slice(0, shown.dimension)]
    if shown.orientation is not None:
        parts = [slice(0, POSE_DIMENSION // 2), slice(POSE_DIMENSION // 2, POSE_DIMENSION)]
    errors, missed = [], np.zeros(len(shown), dtype=bool)
    for part in parts:
        extent = float(unit[part][0])
        references = [_even_path(each.position[:, part]) for each in shown]
        taken = [_even_path(path[:, part]) for path in paths]
        largest = [frechet_distance(a, b) for a, b in zip(taken, references, strict=True)]
        missed |= ~(np.array(largest) <= LARGEST_ERROR * extent)
        if local:
            missed |= _locally_missed(taken, references, extent)
        errors.append(largest)
    pace = _pace_faults(demonstrations, shown, findings, time, paths, parts[0], float(unit[0]))
    verdict = FitVerdict(
        passed=bool(missed.sum() <= NOT_FOLLOWED * len(shown) and not pace and "ways" not in kinds),
        summary="",
        followed=(~missed).tolist(),
        errors=errors[0],
        extent=float(unit[0]),
        units=shown.units,
        findings=kinds,
        ends=ends,
        turn_errors=errors[1] if len(errors) > 1 else None,
    )
    explaining = [
        each for kind in REASONS if kind in kinds for each in findings if each.kind == kind
    ]
    return replace(verdict, summary=_summary(verdict, explaining, pace))


def fit_fault(fit: Mapping[str, Any] | None) -> str:
    """Return why a policy's stored verdict says that it does not do its motion; empty if it does.

    A policy that nobody judged has none.
    """
    return "" if fit is None or fit["passed"] else str(fit["summary"])


def _roll_out(policy: RollsOut, shown: DemonstrationSet) -> tuple[Array, list[Array]]:
    """Return times [K] and n paths [K, d] from all starts until they have long come to rest.

    Twice the longest demonstration is enough, and six times the median one if one lasts far
    longer.
    """
    longest = min(2 * max(each.duration for each in shown), 6 * shown.duration)
    starts = np.array([each.position[0] for each in shown])
    time, motions = policy.rollout(starts, longest, shown.duration / 300)
    return time, list(motions.swapaxes(0, 1))


def _even_path(path: Array) -> Array:
    """Return a path [K, d] at `_POINTS` equal lengths; not finite where it is not."""
    gone = np.linalg.norm(np.diff(path, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(gone)])
    if not np.isfinite(along[-1]):
        return np.full((_POINTS, path.shape[1]), np.inf)
    even = np.linspace(0.0, along[-1], _POINTS)
    return np.stack([np.interp(even, along, column) for column in path.T], axis=1)


def _locally_missed(
    taken: list[Array], references: list[Array], extent: float
) -> NDArray[np.bool_]:
    """Return [n], whether a path misses a place through which the demonstrations agree to go."""
    missed = []
    for index, (path, reference) in enumerate(zip(taken, references, strict=True)):
        others = [other for k, other in enumerate(references) if k != index]
        squares = [distance_to_path(reference, other) ** 2 for other in others]
        spread = np.sqrt(np.mean(squares, axis=0)) if others else np.zeros(len(reference))
        off = distance_to_path(reference, path)
        missed.append(not bool((off <= LOCAL_ERROR * (AGREEMENT * extent + spread)).all()))
    return np.array(missed)


def _pace_faults(
    demonstrations: DemonstrationSet,
    shown: DemonstrationSet,
    findings: Sequence[Finding],
    time: Array,
    paths: list[Array],
    part: slice,
    extent: float,
) -> dict[str, str]:
    """Return what is wrong with the pace of throws and waits, by the kind of finding."""
    faults = {}
    for finding in findings:
        which = finding.demonstrations
        moved = [replace(shown[k], position=shown[k].position[:, part]) for k in which]
        taken = [paths[k][:, part] for k in which]
        if finding.kind == "throw":
            faults["throw"] = release_fault(moved, time, taken, extent, shown.units)
        if finding.kind == "wait":
            places = [
                (place + shown[k].goal - demonstrations[k].goal)[part]
                for k, place in zip(which, finding.places, strict=True)
            ]
            faults["wait"] = wait_fault(moved, time, taken, extent, places)
    return {kind: fault for kind, fault in faults.items() if fault}


def _summary(verdict: FitVerdict, explaining: Sequence[Finding], pace: dict[str, str]) -> str:
    """Return one plain line: how many are followed, by how much they are missed, and why."""
    total, extent = len(verdict.followed), verdict.extent
    missed = [k for k, followed in enumerate(verdict.followed) if not followed]
    everyone = "the demonstration is" if total == 1 else f"all {total} demonstrations are"

    def text(length: float) -> str:
        return length_text(length, verdict.units, extent)

    if not missed:
        line = f"{everyone} followed (within {text(max(verdict.errors))} of {text(extent)})"
        if verdict.passed:
            return line
        reason = next(each for each in explaining if each.kind in (*pace, "ways"))
        return f"{line}, but {pace.get(reason.kind) or reason.sentence}; {reason.advice}"
    which = everyone
    if len(missed) < total:
        verb = "is" if len(missed) == 1 else "are"
        which = f"{len(missed)} of {total} demonstrations {verb}"
    size = f"{text(float(np.median([verdict.errors[k] for k in missed])))} of {text(extent)}"
    if verdict.turn_errors is not None:
        turned = np.degrees(np.median([verdict.turn_errors[k] for k in missed]))
        size += f", {turned:.0f} deg"
    line = f"{which} not followed ({size})"
    return f"{line}: {explaining[0]}" if explaining else f"{line}; {LONGER}"
