"""Campaigns and sweeps as text for a terminal."""

from __future__ import annotations

from typing import Any

from ..campaigns.campaign_result import CampaignResult
from ..episodes.episode_result import EnvelopeCheck


def campaign_table(result: CampaignResult) -> str:
    """Format the figures of a campaign: medians, 95 % quantiles and maxima."""
    figures = result.summary()
    lines = [
        f"{result.method} on the {result.robot}, {result.source}, seed {result.seed}",
        "",
        f"episodes          {figures['episodes']}",
        f"recovered         {100 * figures['recovered_share']:.1f} %: "
        f"back in the corridor, and within {result.goal_tolerance_mm:g} mm of the goal at last",
        f"corridor          {result.corridor_mm:.1f} mm around the demonstrations, left by "
        f"{100 * figures['left_corridor_share']:.0f} %",
        "",
        f"{'':18}{'median':>10}{'95 %':>10}{'largest':>10}",
    ]
    rows = (
        ("peak deviation", "peak_deviation_mm", "mm"),
        ("time back", "return_time_s", "s"),
        ("end error", "end_error_mm", "mm"),
        ("joint velocity", "joint_velocity", "rad/s"),
        ("joint torque", "joint_torque", "N m"),
    )
    for title, name, unit in rows:
        values = [figures[name], figures[f"{name}_p95"], figures[f"{name}_max"]]
        cells = "".join(f"{'-' if value is None else f'{value:.3g}':>10}" for value in values)
        lines.append(f"{title:18}{cells} {unit}")
    lines += [
        f"share of limits   {100 * figures['velocity_share_max']:.0f} % of a joint's velocity, "
        f"{100 * figures['torque_share_max']:.0f} % of its torque at most",
    ]
    if "clearance_mm" in figures:
        lines += [
            f"obstacles         kept clear of in {100 * figures['cleared_share']:.1f} % of the "
            f"episodes, by {figures['clearance_mm']:.1f} mm in the median, "
            f"{figures['clearance_mm_min']:.1f} mm at least",
        ]
    checks = [*result.kinematic, result.tracking, result.pairs]
    found = [check for check in checks if check is not None]
    if found:
        lines += ["", "Distance in the certified metric over its envelope"]
        lines += [_check(check) for check in found]
    verdict = "within" if result.within_envelope else "OUTSIDE"
    if result.kinematic:
        lines += ["", f"verdict           the field's rollouts stay {verdict} exp(-c t) d0"]
    return "\n".join(lines)


def sweep_table(sweep: dict[str, Any]) -> str:
    """Format share recovered and median end error, one row per control rate."""
    latencies = sweep["latencies_ms"]
    lines = [
        f"{sweep['episodes']} episodes each on the {sweep['robot']}, seed {sweep['seed']}",
        "",
        "recovered, end error, by control rate (down) and latency (across)",
        f"{'':10}" + "".join(f"{f'{latency:g} ms':>16}" for latency in latencies),
    ]
    for rate in sweep["rates_hz"]:
        cells = [cell for cell in sweep["cells"] if cell["rate_hz"] == rate]
        texts = [
            f"{100 * cell['recovered_share']:.0f} % {cell['end_error_mm']:.1f} mm" for cell in cells
        ]
        lines.append(f"{f'{rate:g} Hz':10}" + "".join(f"{text:>16}" for text in texts))
    return "\n".join(lines)


def _check(check: EnvelopeCheck) -> str:
    return (
        f"  {check.kind:24} {100 * check.within:.1f} % of {check.count} within, "
        f"largest {check.worst:.3f}, at the end {check.final:.3f}"
    )
