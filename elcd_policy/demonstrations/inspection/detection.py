"""Name what a field of velocities can't do, or does badly, before it is trained.

A policy that is a field has one velocity at each place and comes to rest at one goal. What is
shown to it may ask for more; each detector finds one such thing and says it in plain words. All
thresholds are shares of the demonstrations' extent or duration: units and speed do not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from ...errors import ParameterError
from .. import DemonstrationSet
from .contacts import RETRACED, Contacts, find_contacts, keeps_to_one_side
from .ends import END_SPREAD, end_spread, ends_agree, stray_ends
from .finding import Finding, clause, list_text
from .groups import differ_by_start, distance_of_ways, group_by_way
from .paths import Path, Paths
from .timing import end_speed, find_wait

Array = NDArray[np.float64]

#: All kinds of findings, in the order in which they are named.
KINDS = (
    "still",
    "outlier",
    "ways",
    "ends",
    "turns",
    "closed",
    "retraced",
    "crossing",
    "throw",
    "wait",
    "durations",
)
#: A thing is said of a set if this share of its demonstrations shows it.
SHARE = 1 / 3
#: A path that goes round more often than this goes round more than once.
TURNS = 1.2
#: Ends move at full speed from this share of the largest speed on.
THROW = 0.6
#: A demonstration that lasts this many times longer or shorter than the median one is named.
DURATION_RATIO = 3.0

IN_PARTS = "cut them into parts that do not, and train a policy for each"


def detect(demonstrations: DemonstrationSet) -> list[Finding]:
    """Find all that is hard about demonstrations; milliseconds a demonstration.

    Nothing is found in motions that a field can follow, such as LASA's single-pattern shapes. A
    finding is no proof that training fails: `elcd_policy.evaluation.judge` judges what came out.
    """
    paths = Paths.from_demonstrations(demonstrations)
    moving = paths.moving
    detectors: tuple[Callable[[Paths, list[int]], list[Finding]], ...] = (
        _find_members,
        _find_ends,
        _find_contacts,
        _find_timing,
    )
    found = [finding for detector in detectors for finding in detector(paths, moving)]
    return sorted(found, key=lambda finding: KINDS.index(finding.kind))


def split_by_way(demonstrations: DemonstrationSet, count: int) -> list[tuple[int, ...]]:
    """Return the members of ``count`` groups that go a way each, the largest group first.

    One that goes a way of its own beside such groups belongs to none of them.

    Raises
    ------
    ParameterError
        If the demonstrations do not part into so many groups.
    """
    paths = Paths.from_demonstrations(demonstrations)
    groups = _several(group_by_way(paths, paths.moving), paths.moving)
    if len(groups) != count:
        raise ParameterError(
            f"'{demonstrations.source}' does not part into {count} groups of ways",
            got="one way" if len(groups) < 2 else f"{len(groups)} groups",
            expected=f"{count} groups that a clear gap separates",
            advice=f"ask for {len(groups)} modes" if len(groups) > 1 else "train one policy",
        )
    return groups


def _drop(paths: Paths, which: Sequence[int]) -> str:
    """Return what leaves demonstrations out; those without a name can only be left out by hand."""
    names = [paths.demonstrations[k].name for k in which]
    options = " ".join(f"--drop {quote(name)}" for name in names)
    them = "it" if len(names) == 1 else "them"
    return f"leave {them} out: {options}" if all(names) else f"leave {them} out"


def _several(groups: list[tuple[int, ...]], moving: list[int]) -> list[tuple[int, ...]]:
    """Return groups without those that stray alone; of two demonstrations each is a group."""
    if len(groups) == len(moving) == 2:
        return groups
    return [group for group in groups if len(group) > 1]


def _find_members(paths: Paths, moving: list[int]) -> list[Finding]:
    """Find those that do not move, go another way, or make several ways."""
    found = []
    still = [k for k in range(len(paths.paths)) if k not in moving]
    if still:
        names = list_text([paths.name(k) for k in still])
        verb = "does" if len(still) == 1 else "do"
        found.append(
            Finding(
                "still",
                f"{names} {verb} not move",
                _drop(paths, still),
                demonstrations=tuple(still),
            )
        )
    groups = group_by_way(paths, moving)
    several = _several(groups, moving)
    for group in groups:
        if group in several or not several:  # Where each goes a way of its own, none is odd.
            continue
        far = paths.length_text(distance_of_ways(paths, group, several[0]))
        found.append(
            Finding(
                "outlier",
                f"{paths.name(group[0])} goes another way than the others, up to {far} away",
                f"if that was a mistake, {_drop(paths, group)}",
                demonstrations=group,
            )
        )
    one_start = len(several) > 1 and not all(
        differ_by_start(paths, one, other)
        for index, one in enumerate(several)
        for other in several[:index]
    )
    if one_start:
        apart = paths.length_text(distance_of_ways(paths, several[0], several[1]))
        names = " and ".join(", ".join(paths.name(k) for k in group) for group in several)
        found.append(
            Finding(
                "ways",
                f"there are {len(several)} groups of ways, up to {apart} apart, from the same "
                f"starts: {names}",
                f"train a policy for each with --modes {len(several)}, or leave all but one out",
                demonstrations=tuple(k for group in several for k in group),
                groups=tuple(several),
            )
        )
    return found


def _find_ends(paths: Paths, moving: list[int]) -> list[Finding]:
    """Find ends that stray, and ends that differ."""
    found = []
    strays = stray_ends(paths, moving)
    for k, distance in strays.items():
        found.append(
            Finding(
                "outlier",
                f"{paths.name(k)} ends {paths.length_text(distance)} from the others",
                f"if that was a mistake, {_drop(paths, [k])}",
                demonstrations=(k,),
                places=paths.demonstrations[k].goal[None],
            )
        )
    members = [k for k in moving if k not in strays]
    spread = end_spread(paths, members)
    if spread > END_SPREAD:
        agree = ends_agree(paths, members)
        found.append(
            Finding(
                "ends",
                f"they end {paths.length_text(spread)} apart (r.m.s., {spread:.0%} of their extent)"
                + (", and agree relative to their own ends" if agree else ""),
                "--goal each learns them relative to their own ends" if agree else "",
                demonstrations=tuple(members),
                places=np.array([paths.demonstrations[k].goal for k in members]),
            )
        )
    return found


def _find_contacts(paths: Paths, moving: list[int]) -> list[Finding]:
    """Return the first of turns, ways back, a closed loop and crossings."""
    contacts = {k: find_contacts(paths.paths[k]) for k in moving}
    turning = [k for k in moving if contacts[k].turns > TURNS]
    backward = _retracing(contacts)
    closed = [k for k in moving if contacts[k].closed]
    crossing = [k for k in moving if len(contacts[k].crossings)]
    places = np.zeros((0, len(paths.unit)))
    if _enough(turning, moving):
        turns = f"{np.median([contacts[k].turns for k in turning]):.2g} times"
        there = "to and fro" if _enough(backward, moving) else "round"
        kind, which, plural, singular = "turns", turning, f"go {there}", f"goes {there}"
        plural, singular = f"{plural} {turns}", f"{singular} {turns}"
    elif _enough(backward, moving) and len(backward) >= len(crossing):
        share = f"({np.median([contacts[k].retraced for k in backward]):.0%} of the way)"
        kind, which = "retraced", backward
        plural, singular = f"go back along themselves {share}", f"goes back along itself {share}"
    elif _enough(closed, moving) and not keeps_to_one_side(
        np.array([contacts[k].gap for k in closed])
    ):
        kind, which = "closed", closed
        plural, singular = (
            f"{verb}, a closed loop" for verb in ("end where they start", "ends where it starts")
        )
    elif _enough(crossing, moving):
        kind, which = "crossing", crossing
        places = _common_places([contacts[k].crossings for k in crossing])
        where = list_text([paths.point_text(place) for place in places], 3)
        plural, singular = f"cross themselves at {where}", f"crosses itself at {where}"
    else:
        return []
    sentence = clause(len(which), len(moving), plural, singular)
    return [Finding(kind, sentence, IN_PARTS, tuple(which), places * paths.unit)]


def _retracing(contacts: dict[int, Contacts]) -> list[int]:
    """Return demonstrations that go back along themselves, unless all do so on the same side."""
    which = [k for k, contact in contacts.items() if contact.retraced > RETRACED]
    if which and keeps_to_one_side(np.concatenate([contacts[k].beside for k in which])):
        return []
    return which


def _enough(which: list[int], among: list[int]) -> bool:
    return len(which) > 0 and len(which) >= SHARE * len(among)


def _common_places(crossings: list[Array]) -> Array:
    """Return the mean places [M, d] of crossings that most demonstrations have."""
    most = int(np.median([len(each) for each in crossings])) or 1
    alike = [each for each in crossings if len(each) == most]
    if not alike:
        return crossings[0]
    return np.mean(alike, axis=0)


def _find_timing(paths: Paths, moving: list[int]) -> list[Finding]:
    """Find throws, waits and durations that differ."""
    found = []
    units = paths.demonstrations.units
    speeds = np.array([end_speed(paths.paths[k]) for k in moving]).reshape(-1, 2)
    if len(moving) and np.median(speeds[:, 0] / speeds[:, 1]) > THROW:
        speed = float(np.median(speeds[:, 0])) * paths.extent
        found.append(
            Finding(
                "throw",
                f"they end at full speed ({speed:.3g} {units}/s), and a field rests at its goal",
                "record on until the motion rests, so that the release lies on its way",
                demonstrations=tuple(moving),
            )
        )
    waits = {k: find_wait(paths.paths[k]) for k in moving}
    waiting = [k for k in moving if waits[k][1] > 0]
    apart = "cut there, train a policy for each part, and wait between them"
    if waiting:
        long = float(np.median([waits[k][1] for k in waiting]))
        verbs = (f"wait {long:.2g} s in the middle", f"waits {long:.2g} s in the middle")
        found.append(
            Finding(
                "wait",
                clause(len(waiting), len(moving), *verbs),
                apart if _enough(waiting, moving) else _drop(paths, waiting),
                demonstrations=tuple(waiting),
                places=np.array([_place_of_wait(paths.paths[k], *waits[k]) for k in waiting])
                * paths.unit,
            )
        )
    durations = {k: paths.paths[k].duration for k in moving}
    middle = float(np.median(list(durations.values()) or [0.0]))
    unlike = [
        k
        for k, duration in durations.items()
        if not middle / DURATION_RATIO < duration < middle * DURATION_RATIO
    ]
    if unlike:
        lasting = [f"{paths.name(k)} lasts {durations[k]:.2g} s" for k in unlike]
        found.append(
            Finding(
                "durations",
                f"{list_text(lasting)}, the median one {middle:.2g} s",
                "one clock is learned for all",
                demonstrations=tuple(unlike),
            )
        )
    return found


def _place_of_wait(path: Path, begin: float, duration: float) -> Array:
    """Return where [d] a path is halfway through a wait."""
    halfway = path.time[0] + begin + duration / 2
    return np.asarray(path.position[int(np.searchsorted(path.time, halfway))])
