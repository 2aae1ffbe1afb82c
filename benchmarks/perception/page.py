"""Write docs/perception.md from the stored results of ``elcd benchmark perception``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from elcd_policy.errors import ParameterError
from elcd_policy.plotting import save_figure
from elcd_policy.utils.files import write_atomically

from ..store import read_records
from .figures import digits_figure, noise_figure, scenes_figure
from .page_text import DIGITS, GOAL, INTRODUCTION, MODULES, SHORTFALLS

RESULTS, PAGE = "benchmarks/results/perception.jsonl", "docs/perception.md"
NAMES = {"nais": "NAIS-Net", "cnn": "CNN"}

Row = dict[str, Any]


def render(results: str | os.PathLike[str], output: str | os.PathLike[str]) -> list[Path]:
    """Write the page ``output`` and its pictures, in ``images`` beside it.

    Of each benchmark the newest records count: the last one of the goal, and for the digits the
    last one of each seed.

    Parameters
    ----------
    results : file that ``elcd benchmark perception`` wrote.

    Raises
    ------
    ParameterError
        If there are no results of one of the two benchmarks.
    """
    records = read_records(results)
    goals = [record for record in records if record["benchmark"] == "goal"]
    digits = {
        record["rows"][0]["seed"]: record
        for record in records
        if record["benchmark"] == "generalisation"
    }
    if not goals or not digits:
        raise ParameterError(
            f"no results in {results}",
            expected="both parts",
            advice="run elcd benchmark perception goal, and digits, first",
        )
    output = Path(output)
    images = output.parent / "images"
    goal, runs = goals[-1], list(digits.values())
    rows = [row for record in runs for row in record["rows"]]
    pictures = [
        save_figure(scenes_figure(), images / "perception_scenes.png"),
        save_figure(noise_figure(goal["rows"]), images / "perception_noise.png"),
        save_figure(digits_figure(rows), images / "perception_digits.png"),
    ]
    parts = [
        INTRODUCTION,
        MODULES,
        GOAL.format(**_goal_facts(goal)),
        _goal_table(goal["rows"]),
        _noise_table(goal["rows"]),
        "![Error under noise](images/perception_noise.png)",
        _deeper_text(goal["rows"]),
        DIGITS.format(**{**runs[0], "seeds": ", ".join(str(seed) for seed in sorted(digits))}),
        _digits_table(rows),
        "![Generalisation and depth](images/perception_digits.png)",
        _digits_deeper_table(rows),
        _rest_text(rows),
        SHORTFALLS.format(**_shortfalls(goal["rows"], rows)),
        _machines([goal, *runs]),
    ]
    with write_atomically(output) as file:
        file.write(("\n\n".join(part.strip() for part in parts) + "\n").encode())
    return [output, *pictures]


def _goal_facts(goal: dict[str, Any]) -> dict[str, Any]:
    return {
        "scenes": goal["scenes"],
        "seen": goal["scenes"] - goal["hidden"],
        "hidden": goal["hidden"],
        "empty": goal["empty"],
        "trained": goal["rows"][0]["scenes"],
        "epochs": goal["rows"][0]["epochs"],
    }


def _goal_table(rows: Sequence[Row]) -> str:
    header = [
        "net",
        "seed",
        "parameters",
        "median [mm]",
        "95 % [mm]",
        "largest [mm]",
        "boxes found",
        "empty tables with one",
        "training [CPU s]",
    ]
    lines = []
    for row in rows:
        clean = row["noise"]["0"]
        line = [NAMES[row["net"]], str(row["seed"]), str(row["parameters"])]
        line += [f"{clean[name]:.1f}" for name in ("median_mm", "p95_mm", "max_mm")]
        line += [
            _percent(clean["found"]),
            _percent(row["imagined"]),
            f"{row['training_cpu_s']:.0f}",
        ]
        lines.append(line)
    return _table(header, lines)


def _noise_table(rows: Sequence[Row]) -> str:
    sizes = list(rows[0]["noise"])[1:]
    header = ["median / 95 % / largest [mm], found", *(f"sigma {size}" for size in sizes)]
    header += [f"{100 * float(share):g} % salt and pepper" for share in rows[0]["salt"]]
    lines = []
    for row in rows:
        cells = [row["noise"][size] for size in sizes] + list(row["salt"].values())
        texts = [
            f"{c['median_mm']:.1f} / {c['p95_mm']:.1f} / {c['max_mm']:.0f}, {_percent(c['found'])}"
            for c in cells
        ]
        lines.append([f"{NAMES[row['net']]}, seed {row['seed']}", *texts])
    return _table(header, lines)


def _deeper_text(rows: Sequence[Row]) -> str:
    row = next(row for row in rows if row["net"] == "nais")
    cells = [
        [f"{times} x", f"{c['median_mm']:.1f}", f"{c['p95_mm']:.1f}", _percent(c["found"])]
        for times, c in row["deeper"].items()
    ]
    rest = row["at_rest"]
    cells.append(
        ["to rest", f"{rest['median_mm']:.1f}", f"{rest['p95_mm']:.1f}", _percent(rest["found"])]
    )
    steps = "; ".join(
        f"{low:.0f}, {middle:.0f}, {high:.0f} in block {number + 1}"
        for number, (low, middle, high) in enumerate(row["steps_5_50_95"])
    )
    return (
        f"Unrolled deeper than the {row['depth']} steps of its training, on 150 of the scenes:\n\n"
        + _table(["depth", "median [mm]", "95 % [mm]", "found"], cells)
        + "\n\nSteps until an image is at rest (no unit changes by 0.001; 5 %, median, 95 %): "
        + f"{steps}."
    )


def _digits_table(rows: Sequence[Row]) -> str:
    header = ["net", "parameters", "shown", "unseen", "gap", "training [CPU s]"]
    header += [f"unseen, noise {size}" for size in rows[0]["noise"]]
    header += ["largest Jacobian", "certified bound"]
    lines = []
    for name, group in _grouped(rows):
        line = [name, str(group[0]["parameters"])]
        line += [_points([row[key] for row in group]) for key in ("train", "test", "gap")]
        line.append(f"{mean(row['cpu_s'] for row in group):.0f}")
        for size in group[0]["noise"]:
            line.append(_points([row["noise"][size] for row in group]))
        line.append(f"{mean(row['jacobian'] for row in group):.3g}")
        bounds = [row["lipschitz_bound"] for row in group if "lipschitz_bound" in row]
        line.append(f"{mean(bounds):.3g}" if bounds else "none")
        lines.append(line)
    return _table(header, lines)


def _digits_deeper_table(rows: Sequence[Row]) -> str:
    times = list(rows[0]["deeper"])
    header = ["unseen; largest state", *(f"{count} x as deep" for count in times)]
    lines = []
    for name, group in _grouped(rows):
        cells = []
        for count in times:
            accuracy = _points([row["deeper"][count]["test"] for row in group])
            states = [row["deeper"][count]["largest_state"] for row in group]
            largest = "not finite" if None in states else f"{max(states):.3g}"
            cells.append(f"{accuracy}; {largest}")
        lines.append([name, *cells])
    return _table(header, lines)


def _rest_text(rows: Sequence[Row]) -> str:
    header = [
        "net",
        "unseen, at rest",
        "steps of block 1",
        "of block 2",
        "both, digits named right",
    ]
    header += ["both, named wrong"]
    lines = []
    for name, group in _grouped(rows):
        if "at_rest" not in group[0]:
            continue
        rests = [row["at_rest"] for row in group]
        line = [name, _points([rest["test"] for rest in rests])]
        for block in range(2):
            parts = [mean(rest["steps_5_50_95"][block][i] for rest in rests) for i in range(3)]
            line.append(" / ".join(f"{part:.0f}" for part in parts))
        line.append(f"{mean(rest['steps_of_right'] for rest in rests):.1f}")
        wrong = [rest["steps_of_wrong"] for rest in rests if rest["steps_of_wrong"] is not None]
        line.append(f"{mean(wrong):.1f}" if wrong else "-")
        lines.append(line)
    return (
        "Depth by input: each digit is unrolled until no unit changes by 0.0001 in a step, 256 "
        "steps at most (5 %, median, 95 % of the digits).\n\n" + _table(header, lines)
    )


def _shortfalls(goal: Sequence[Row], rows: Sequence[Row]) -> dict[str, str]:
    groups = dict(_grouped(rows))
    best = min(
        (name for name in groups if name != "ResNet"),
        key=lambda name: mean(row["gap"] for row in groups[name]),
    )
    errors = {
        net: mean(row["noise"]["0"]["median_mm"] for row in goal if row["net"] == net)
        for net in {row["net"] for row in goal}
    }
    far = {row["net"]: row["salt"]["0.01"]["max_mm"] for row in goal}
    imagined = {row["net"]: _percent(row["imagined"]) for row in goal}
    return {
        "nais_mm": f"{errors['nais']:.1f}",
        "cnn_mm": f"{errors['cnn']:.1f}" if "cnn" in errors else "-",
        "nais_far": f"{far['nais']:.0f}",
        "cnn_far": f"{far['cnn']:.0f}" if "cnn" in far else "-",
        "nais_imagined": imagined["nais"],
        "cnn_imagined": imagined.get("cnn", "-"),
        "net": best,
        "gap": _points([row["gap"] for row in groups[best]]),
        "resnet_gap": _points([row["gap"] for row in groups["ResNet"]]),
        "test": _points([row["test"] for row in groups[best]]),
        "resnet_test": _points([row["test"] for row in groups["ResNet"]]),
    }


def _grouped(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    names = dict.fromkeys(row["net"] for row in rows)
    return [(name, [row for row in rows if row["net"] == name]) for name in names]


def _points(shares: Sequence[float]) -> str:
    """Mean over the seeds in %, and from the lowest to the highest."""
    values = [100 * share for share in shares]
    if len(values) == 1:
        return f"{values[0]:.1f} %"
    return f"{mean(values):.1f} % ({min(values):.1f} to {max(values):.1f})"


def _machines(records: Sequence[dict[str, Any]]) -> str:
    lines = dict.fromkeys(
        f"- {record['benchmark']}: {record['machine']['cpu']}, one thread; "
        + ", ".join(f"{name} {version}" for name, version in record["versions"].items())
        for record in records
    )
    return "## Machine and versions\n\n" + "\n".join(lines)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
