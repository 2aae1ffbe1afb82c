"""Write docs/disturbance_rejection.md from the stored results of ``elcd simulate``."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elcd_policy.errors import ParameterError
from elcd_policy.plotting import save_figure
from elcd_policy.utils.files import write_atomically
from elcd_policy_sim.campaigns.campaign_result import CampaignResult, EnvelopeCheck
from elcd_policy_sim.campaigns.comparison import comparison_table
from elcd_policy_sim.report.campaign_figures import box_figure, path_figure

from .page_text import CHECKS, COMPARED, DISTURBANCES, INTRODUCTION, PROTOCOL, SWEEP
from .sweep_figure import sweep_figure

EXAMPLE = """example:
  elcd disturbances
"""
RESULTS, PAGE = "benchmarks/results/disturbance", "docs/disturbance_rejection.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.description, parser.epilog = __doc__, EXAMPLE
    parser.add_argument("--results", default=RESULTS, help="folder (%(default)s)")
    parser.add_argument("--output", default=PAGE, help="(%(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    files = [str(path) for path in render(args.results, args.output)]
    print(json.dumps({"files": files}) if args.json else "\n".join(files))
    return 0


def render(results: str | os.PathLike[str], output: str | os.PathLike[str]) -> list[Path]:
    """Write the page ``output`` and its pictures, in ``images`` beside it.

    The same results give the same text.

    Parameters
    ----------
    results : a folder of files that ``elcd simulate --output`` wrote.

    Raises
    ------
    ParameterError
        If there is no result in it, or a file is none.
    """
    output = Path(output)
    campaigns, comparisons, sweeps = _read(Path(results))
    everything = [*campaigns, *(each for several in comparisons.values() for each in several)]
    if not everything and not sweeps:
        raise ParameterError(
            f"no results in {results}",
            expected="files written by elcd simulate --output",
            advice="run a campaign first",
        )
    images, pictures = output.parent / "images", []
    commands = [str(item.command) for item in everything] + [item["command"] for item in sweeps]
    parts = [INTRODUCTION.format(commands="\n".join(dict.fromkeys(commands))), PROTOCOL]
    if campaigns:
        for name, draw in (("paths", path_figure), ("spread", box_figure)):
            pictures.append(save_figure(draw(campaigns), images / f"disturbance_{name}.png"))
        parts += ["## Results", _campaigns(campaigns), *map(_picture, pictures)]
    if any(result.kinematic for result in everything):
        parts += [CHECKS, _checks(everything)]
    parts += [COMPARED] if comparisons else []
    for title, results_of_methods in comparisons.items():
        figure = path_figure(results_of_methods)
        pictures.append(save_figure(figure, images / f"disturbance_{title}.png"))
        parts += [_done(results_of_methods[0]), comparison_table(results_of_methods)]
        parts.append(_picture(pictures[-1]))
    for sweep in sweeps:
        name = f"disturbance_sweep_{sweep['robot']}_{sweep['method']}.png"
        pictures.append(save_figure(sweep_figure(sweep), images / name))
        parts += [SWEEP.format(**sweep), _sweep(sweep), _picture(pictures[-1])]
    parts += [DISTURBANCES, _machines(everything, sweeps)]
    with write_atomically(output) as file:
        file.write(("\n\n".join(parts) + "\n").encode())
    return [output, *pictures]


def _read(
    folder: Path,
) -> tuple[list[CampaignResult], dict[str, list[CampaignResult]], list[dict[str, Any]]]:
    """Campaigns, comparisons by the names of their files, and sweeps."""
    campaigns: list[CampaignResult] = []
    comparisons: dict[str, list[CampaignResult]] = {}
    sweeps: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if "cells" in values:
                sweeps.append(values)
            elif "campaigns" in values:
                comparisons[path.stem] = [CampaignResult.from_dict(v) for v in values["campaigns"]]
            else:
                campaigns.append(CampaignResult.from_dict(values))
        except (ValueError, KeyError, TypeError) as error:
            raise ParameterError(
                f"{path} is no result",
                got=f"{type(error).__name__}: {error}",
                expected="a file written by elcd simulate --output",
            ) from error
    return campaigns, comparisons, sweeps


def _done(result: CampaignResult) -> str:
    """What a comparison's episodes were disturbed by, as a heading."""
    done = " and ".join(f"`{each}`" for each in result.settings["disturbances"])
    return f"### {done or 'undisturbed'}"


def _campaigns(campaigns: Sequence[CampaignResult]) -> str:
    header = [
        "robot",
        "method",
        "episodes",
        "recovered",
        "left the corridor",
        "corridor [mm]",
        "peak deviation [mm]",
        "time back [s]",
        "end error [mm]",
        "joint velocity [rad/s]",
        "joint torque [N m]",
        "of limits",
    ]
    around = any("clearance_mm" in result.summary() for result in campaigns)
    header += ["clear of obstacles", "clearance [mm]"] if around else []
    rows = []
    for result in campaigns:
        figures = result.summary()
        row = [result.robot, result.method, str(figures["episodes"])]
        row += [_percent(figures["recovered_share"]), _percent(figures["left_corridor_share"])]
        row.append(f"{result.corridor_mm:.1f}")
        for name in ("peak_deviation_mm", "return_time_s", "end_error_mm"):
            row.append(
                " / ".join(_number(figures[f"{name}{part}"]) for part in ("", "_p95", "_max"))
            )
        row += [_number(figures["joint_velocity_max"]), _number(figures["joint_torque_max"])]
        shares = [figures["velocity_share_max"], figures["torque_share_max"]]
        row.append(" / ".join(map(_percent, shares)))
        if "clearance_mm" in figures:
            least = [_number(figures[name]) for name in ("clearance_mm", "clearance_mm_min")]
            row += [_percent(figures["cleared_share"]), " / ".join(least)]
        elif around:
            row += ["-", "-"]
        rows.append(row)
    return _table(header, rows)


def _checks(campaigns: Sequence[CampaignResult]) -> str:
    rows = []
    for result in campaigns:
        found: list[tuple[str, EnvelopeCheck | None]] = [
            ("(i)", check) for check in result.kinematic
        ]
        found += [("(ii)", result.tracking), ("(ii)", result.pairs)]
        for number, check in found:
            if check is not None:
                row = [result.robot, result.method, str(len(result.episodes))]
                row += [number, check.kind, str(check.count)]
                row += [_percent(check.within), f"{check.worst:.3f}", f"{check.final:.3f}"]
                rows.append(row)
    header = ["robot", "method", "episodes", "", "distance", "number", "within", "largest"]
    header.append("at the end")
    return _table(header, rows)


def _sweep(sweep: dict[str, Any]) -> str:
    header = ["control rate", *(f"{latency:g} ms" for latency in sweep["latencies_ms"])]
    rows = []
    for rate in sweep["rates_hz"]:
        cells = [cell for cell in sweep["cells"] if cell["rate_hz"] == rate]
        texts = [f"{_percent(c['recovered_share'])}, {c['end_error_mm']:.1f} mm" for c in cells]
        rows.append([f"{rate:g} Hz", *texts])
    return _table(header, rows)


def _machines(campaigns: Sequence[CampaignResult], sweeps: Sequence[dict[str, Any]]) -> str:
    found = [result.versions for result in campaigns] + [sweep["versions"] for sweep in sweeps]
    lines = dict.fromkeys(
        "- " + ", ".join(f"{name} {version}" for name, version in versions.items())
        for versions in found
    )
    return "## Versions\n\n" + "\n".join(lines)


def _picture(path: Path) -> str:
    return f"![{path.stem.replace('_', ' ')}](images/{path.name})"


def _table(header: list[str], rows: Sequence[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
