"""The tables of docs/disturbance_rejection.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from elcd_policy_sim.campaigns.campaign_result import CampaignResult, EnvelopeCheck

from ..page import code_mark, percent, table
from ..store import Record


def campaigns_of(records: Sequence[Record]) -> Iterator[tuple[CampaignResult, str]]:
    """Yield the campaigns of some records, and what a row says of each one's training code."""
    for record in records:
        for values in record["simulated"].get("campaigns", [record["simulated"]]):
            result = CampaignResult.from_dict(values)
            # What it is compared with does not depend on this project's training.
            ours = result.method.endswith("Field")
            yield result, code_mark([record]) if ours else ""


def campaign_table(records: Sequence[Record]) -> str:
    """Return the figures of each campaign: medians, 95 % quantiles and maxima."""
    rows = []
    for result, mark in campaigns_of(records):
        found = result.summary()
        row = [result.robot, result.method + mark, str(found["episodes"])]
        row += [percent(found[f"{name}_share"]) for name in ("recovered", "left_corridor")]
        row.append(f"{result.corridor_mm:.1f}")
        for name in ("peak_deviation_mm", "return_time_s", "end_error_mm"):
            row.append(" / ".join(_number(found[f"{name}{part}"]) for part in ("", "_p95", "_max")))
        row += [_number(found["joint_velocity_max"]), _number(found["joint_torque_max"])]
        shares = [percent(found[f"{name}_share_max"]) for name in ("velocity", "torque")]
        rows.append([*row, " / ".join(shares)])
    header = ["robot", "method", "episodes", "recovered", "left the corridor", "corridor [mm]"]
    header += ["peak deviation [mm]", "time back [s]", "end error [mm]"]
    header += ["joint velocity [rad/s]", "joint torque [N m]", "of limits"]
    return table(header, rows, words=2)


def check_table(records: Sequence[Record]) -> str:
    """Return how distances in the certified metric compare with what is certified of them."""
    rows = []
    for result, mark in campaigns_of(records):
        if not result.kinematic:
            continue
        found: list[tuple[str, EnvelopeCheck | None]] = [("(i)", c) for c in result.kinematic]
        found += [("(ii)", result.tracking), ("(ii)", result.pairs)]
        for number, check in found:
            if check is not None:
                row = [result.robot, result.method + mark, number, check.kind]
                row += [str(len(result.episodes)), str(check.count), percent(check.within)]
                rows.append([*row, f"{check.worst:.3f}", f"{check.final:.3f}"])
    header = ["robot", "method", "", "distance", "episodes", "number", "within", "largest"]
    return table([*header, "at the end"], rows, words=4)


def comparison_table(records: Sequence[Record]) -> str:
    """Return a row for each method, medians with 95 % quantiles."""
    rows = []
    for result, mark in campaigns_of(records):
        found = result.summary()
        row = [result.method + mark, f"{100 * result.recovered_share:.0f} %"]
        for name in ("peak_deviation_mm", "return_time_s", "end_error_mm", "joint_torque"):
            middle, high = found[name], found[f"{name}_p95"]
            row.append("-" if middle is None else f"{middle:.3g} ({high:.3g})")
        rows.append(row)
    header = ["method", "recovered", "peak deviation [mm]", "time back [s]", "end error [mm]"]
    return table([*header, "joint torque [N m]"], rows)


def engine_table(records: Sequence[Record]) -> str:
    """Return the figures of the same episodes in each engine, and how far these are apart."""
    first: dict[str, CampaignResult] = {}
    rows = []
    for result, mark in campaigns_of(records):
        found, engine = result.summary(), str(result.settings["engine"])
        other = first.setdefault(result.robot, result)
        row = [result.robot, f"{engine} {result.versions[engine]}{mark}", str(found["episodes"])]
        row.append(percent(found["recovered_share"]))
        for name in ("peak_deviation_mm", "return_time_s", "end_error_mm", "joint_torque"):
            row.append(" / ".join(_number(found[f"{name}{part}"]) for part in ("", "_max")))
        gap = max(
            float(np.abs(np.subtract(one.path_m, same.path_m)).max())
            for one, same in zip(result.episodes, other.episodes, strict=True)
        )
        rows.append([*row, "-" if other is result else f"{1e3 * gap:.1f}"])
    header = ["robot", "engine", "episodes", "recovered", "peak deviation [mm]", "time back [s]"]
    header += ["end error [mm]", "joint torque [N m]", "TCP's paths apart [mm]"]
    return table(header, rows, words=2)


def sweep_table(records: Sequence[Record]) -> str:
    """Return share recovered and median end error by control rate and latency."""
    if not records:
        return table([], [])
    sweep, mark = records[-1]["simulated"], code_mark(records[-1:])
    rows = []
    for rate in sweep["rates_hz"]:
        cells = [cell for cell in sweep["cells"] if cell["rate_hz"] == rate]
        texts = [f"{percent(c['recovered_share'])}, {c['end_error_mm']:.1f} mm" for c in cells]
        rows.append([f"{rate:g} Hz{mark}", *texts])
    return table(["control rate", *(f"{each:g} ms" for each in sweep["latencies_ms"])], rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
