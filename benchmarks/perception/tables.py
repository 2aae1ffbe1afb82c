"""The tables of docs/perception.md."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from ..page import percent, table
from ..store import Record

NAMES = {"nais": "NAIS-Net", "cnn": "CNN"}


def describe_seen(rows: Sequence[Record]) -> str:
    """Return in how many of the scenes the box can be seen, in words."""
    if not rows:
        return "not run"
    return f"{rows[-1]['measured_on'] - rows[-1]['hidden']} of {rows[-1]['measured_on']}"


def goal_table(rows: Sequence[Record]) -> str:
    """Return the error of the goal, a row per detector."""
    header = [
        "net",
        "seed",
        "parameters",
        "median [mm]",
        "95 % [mm]",
        "largest [mm]",
        "boxes found",
        "empty tables with one",
        "trained on, scenes x epochs",
        "training [CPU s]",
    ]
    lines = []
    for row in rows:
        clean = row["noise"]["0"]
        line = [NAMES[row["net"]], str(row["seed"]), str(row["parameters"])]
        line += [f"{clean[name]:.1f}" for name in ("median_mm", "p95_mm", "max_mm")]
        line += [
            percent(clean["found"]),
            percent(row["false_positives"]),
            f"{row['trained_on']} x {row['epochs']}",
            f"{row['training_cpu_s']:.0f}",
        ]
        lines.append(line)
    return table(header, lines)


def noise_table(rows: Sequence[Record]) -> str:
    """Return the error of the goal under noise, a row per detector."""
    if not rows:
        return table([], [])
    sizes = list(rows[0]["noise"])[1:]
    header = ["median / 95 % / largest [mm], found", *(f"sigma {size}" for size in sizes)]
    header += [f"{100 * float(share):g} % salt and pepper" for share in rows[0]["salt"]]
    lines = []
    for row in rows:
        cells = [row["noise"][size] for size in sizes] + list(row["salt"].values())
        texts = [
            f"{c['median_mm']:.1f} / {c['p95_mm']:.1f} / {c['max_mm']:.0f}, {percent(c['found'])}"
            for c in cells
        ]
        lines.append([f"{NAMES[row['net']]}, seed {row['seed']}", *texts])
    return table(header, lines)


def deeper_table(rows: Sequence[Record]) -> str:
    """Return the error of NAIS-Nets unrolled deeper than in training."""
    lines = []
    for row in rows:
        cells = {f"{times} x": cell for times, cell in row.get("deeper", {}).items()}
        for depth, c in {**cells, "to rest": row["at_rest"]}.items() if cells else ():
            line = [depth, f"{c['median_mm']:.1f}", f"{c['p95_mm']:.1f}", percent(c["found"])]
            lines.append([f"{NAMES[row['net']]}, depth {row['depth']}", *line])
    return table(["net", "depth", "median [mm]", "95 % [mm]", "found"], lines)


def steps_table(rows: Sequence[Record]) -> str:
    """Return how many steps NAIS-Nets take until an image is at rest."""
    lines = [
        [f"block {number + 1}", *(f"{steps:.0f}" for steps in block)]
        for row in rows
        for number, block in enumerate(row.get("steps_5_50_95", ()))
    ]
    return table(["steps to rest", "5 %", "median", "95 %"], lines)


def digits_table(rows: Sequence[Record]) -> str:
    """Return accuracy on shown and unseen digits, a row per net."""
    if not rows:
        return table([], [])
    header = ["net", "parameters", "shown", "unseen", "gap", "training [CPU s]"]
    header += [f"unseen, noise {size}" for size in rows[0]["noise"]]
    header += ["largest Jacobian", "certified bound"]
    lines = []
    for name, group in _group(rows):
        line = [name, str(group[0]["parameters"])]
        line += [_points([row[key] for row in group]) for key in ("train", "test", "gap")]
        line.append(f"{mean(row['cpu_s'] for row in group):.0f}")
        for size in group[0]["noise"]:
            line.append(_points([row["noise"][size] for row in group]))
        line.append(f"{mean(row['jacobian'] for row in group):.3g}")
        bounds = [row["lipschitz_bound"] for row in group if "lipschitz_bound" in row]
        line.append(f"{mean(bounds):.3g}" if bounds else "none")
        lines.append(line)
    return table(header, lines)


def digits_deeper_table(rows: Sequence[Record]) -> str:
    """Return accuracy and the largest state when unrolled deeper, a row per net."""
    if not rows:
        return table([], [])
    times = list(rows[0]["deeper"])
    header = ["unseen; largest state", *(f"{count} x as deep" for count in times)]
    lines = []
    for name, group in _group(rows):
        cells = []
        for count in times:
            accuracy = _points([row["deeper"][count]["test"] for row in group])
            states = [row["deeper"][count]["largest_state"] for row in group]
            largest = "not finite" if None in states else f"{max(states):.3g}"
            cells.append(f"{accuracy}; {largest}")
        lines.append([name, *cells])
    return table(header, lines)


def digits_steps_table(rows: Sequence[Record]) -> str:
    """Return depth by input: steps of the digits until they are at rest."""
    header = [
        "net",
        "unseen, at rest",
        "steps of block 1",
        "of block 2",
        "both, digits named right",
    ]
    header += ["both, named wrong"]
    lines = []
    for name, group in _group(rows):
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
    return table(header, lines)


def _group(rows: Sequence[Record]) -> list[tuple[str, list[Record]]]:
    names = dict.fromkeys(row["net"] for row in rows)
    return [(name, [row for row in rows if row["net"] == name]) for name in names]


def _points(shares: Sequence[float]) -> str:
    """Return the mean over the seeds in %, and from the lowest to the highest."""
    values = [100 * share for share in shares]
    if len(values) == 1:
        return f"{values[0]:.1f} %"
    return f"{mean(values):.1f} % ({min(values):.1f} to {max(values):.1f})"
