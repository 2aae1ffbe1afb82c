"""A campaign as one HTML file: table, figures, command, versions. It opens offline."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elcd_policy.errors import ParameterError
from elcd_policy.utils.files import write_atomically

from ..campaigns.campaign_result import CampaignResult
from .campaign_figures import box_figure, path_figure, recovery_figure, render_svg

SUFFIXES = (".html", ".htm")
FIGURES = (
    ("peak_deviation_mm", "peak deviation", "mm"),
    ("return_time_s", "time back", "s"),
    ("end_error_mm", "end error", "mm"),
    ("joint_velocity", "joint velocity", "rad/s"),
    ("joint_torque", "joint torque", "N m"),
)


def check_report(path: str | Path) -> Path:
    """Return the path if a report can be written to it; call it before long work.

    Raises
    ------
    ParameterError
        If it does not end in .html.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ParameterError("a report can't be written", got=path.name, expected="a .html file")
    return path


def write_report(path: str | Path, results: Sequence[CampaignResult], command: str = "") -> Path:
    """Write campaigns as a self-contained HTML page, complete or not at all.

    Parameters
    ----------
    path : ends in .html.
    results : at least one; several methods or robots stand side by side.
    command : that made them, by default the one that the first result names.

    Raises
    ------
    ParameterError
        If there is no result, or the file can't be written.
    """
    path = check_report(path)
    if not results:
        raise ParameterError("a report has no results", got="none", expected="at least one")
    page = (
        _environment()
        .get_template("report.html")
        .render(
            results=results,
            first=results[0],
            command=command or results[0].command,
            heading=_heading(results),
            figures=FIGURES,
            summaries=[result.summary() for result in results],
            best=_best(results),
            checks=[_checks(result) for result in results],
            settings=_settings(results[0]),
            pictures=_pictures(results),
        )
    )
    try:
        with write_atomically(path) as file:
            file.write(page.encode())
    except OSError as error:
        raise ParameterError("a report can't be written", got=str(error)) from error
    return path


def _environment() -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _heading(results: Sequence[CampaignResult]) -> str:
    methods = list(dict.fromkeys(result.method for result in results))
    robots = list(dict.fromkeys(result.robot for result in results))
    what = methods[0] if len(methods) == 1 else f"{len(methods)} methods"
    return f"{what} on the {' and the '.join(robots)}: {results[0].source}"


def _settings(result: CampaignResult) -> dict[str, str]:
    """Describe the settings of the campaigns in words."""
    values = {
        "episodes": str(len(result.episodes)),
        "seed": str(result.seed),
        "corridor": f"{result.corridor_mm:.1f} mm around the demonstrations",
        "goal reached": f"within {result.goal_tolerance_mm:g} mm",
    }
    for name, value in result.settings.items():
        text = "; ".join(value) if isinstance(value, list | tuple) else str(value)
        values[name.replace("_", " ")] = text or "none"
    return values


def _best(results: Sequence[CampaignResult]) -> dict[str, int]:
    """Return the row with the best median of each figure, where there are rows to compare."""
    if len(results) < 2 or len({result.robot for result in results}) > 1:
        return {}
    best = {"recovered_share": _extreme([-result.recovered_share for result in results])}
    for name, _, _ in FIGURES:
        best[name] = _extreme([result.summary()[name] for result in results])
    return {name: row for name, row in best.items() if row >= 0}


def _extreme(values: Sequence[float | None]) -> int:
    """Return the index of the least value; -1 if another has the same, to three digits."""
    found = [(float(f"{value:.3g}"), row) for row, value in enumerate(values) if value is not None]
    least = min(found, default=(0.0, -1))
    return -1 if [value for value, _ in found].count(least[0]) > 1 else least[1]


def _checks(result: CampaignResult) -> list[dict[str, Any]]:
    checks = [*result.kinematic, result.tracking, result.pairs]
    return [vars(check) for check in checks if check is not None]


def _pictures(results: Sequence[CampaignResult]) -> list[dict[str, str]]:
    """Draw each figure, with its caption and a text for those who can't see it."""
    shares = "; ".join(
        f"{result.method} on the {result.robot}: {100 * result.recovered_share:.0f} % of "
        f"{len(result.episodes)} episodes recovered"
        for result in results
    )
    drawn = (
        (
            path_figure(results),
            "Where the tool centre point went in all episodes, and what was demonstrated.",
            f"Paths of the tool centre point over the demonstrations. {shares}.",
        ),
        (
            box_figure(results),
            "Every episode is a dot, the median a line.",
            "Peak deviation, time back and end error of each episode; medians are in the table.",
        ),
        (
            recovery_figure(results),
            "How far an episode was driven off, and how long it took to come back.",
            "Time back over peak deviation, a dot for each episode that came back.",
        ),
    )
    return [
        {
            "source": "data:image/svg+xml;base64," + base64.b64encode(render_svg(figure)).decode(),
            "caption": caption,
            "text": text,
        }
        for figure, caption, text in drawn
    ]
