"""The tables of docs/compression.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..page import Columns, Target, code_mark, table, table_of
from ..store import Record
from .figures import NAMES, means, peak_memory

#: The memory, in GiB, to which the unrolled gradient's growth is extrapolated.
LARGE = 16.0
#: Shapes that the target on accuracy asks for.
ASKED = 10


def targets(policies: Sequence[Record], networks: Sequence[Record]) -> list[Target]:
    """Return all bars that something was measured for."""
    return [*_policy_targets(policies), *_flat(networks), *_share(networks)]


def _policy_targets(policies: Sequence[Record]) -> list[Target]:
    four = [record for record in policies if record["bits"] == 4]
    if not four:
        return []
    before, after = means(four)
    loss, ratio, mark = 100 * (after / before - 1), _ratio(four), code_mark(four)
    shapes = f"{len(four)} LASA shapes"
    return [
        Target(
            "dtw",
            f"4 bits, d = 1: at most 10 % more mean DTW over {ASKED} shapes ({shapes} run)",
            f"{before:.2f} to {after:.2f} mm, {loss:+.1f} %{mark}",
            loss <= 10 if len(four) >= ASKED else None,
        ),
        Target(
            "size",
            "4 bits: weights at least 6 times smaller",
            f"{ratio:.2f} times{mark}",
            ratio >= 6,
        ),
    ]


def _flat(networks: Sequence[Record]) -> list[Target]:
    found = []
    for gradient, of_t in peak_memory(networks).items():
        if gradient == "unrolled" or len(of_t) < 2:
            continue
        first, most = of_t[min(of_t)], max(peak for t, peak in of_t.items() if t > min(of_t))
        steps = ", ".join(f"t = {t}" for t in of_t)
        found.append(
            Target(
                f"flat-{gradient}",
                f"ResNet-18, b = 4, d = 1, batch 32: peak memory of {NAMES[gradient]} does not "
                f"grow with t ({steps})",
                f"{first} MiB, then at most {most}",
                most <= 1.05 * first,
            )
        )
    return found


def _share(networks: Sequence[Record]) -> list[Target]:
    """Return the bar on what the other gradients need where the unrolled one just fits."""
    peaks = peak_memory(networks)
    unrolled = peaks.get("unrolled", {})
    flat = [max(peaks[name].values()) for name in ("implicit", "jfb") if name in peaks]
    if len(unrolled) < 2 or not flat:
        return []
    fitting = [t for t, peak in unrolled.items() if peak <= LARGE * 1024]
    if fitting and max(unrolled) > max(fitting):  # it was measured where it ends
        last, peak = max(fitting), float(unrolled[max(fitting)])
        beyond = min(t for t in unrolled if t > last)
        how = f"measured: {peak:.0f} MiB, {unrolled[beyond]} at t = {beyond}"
    else:
        growth, at_rest = np.polyfit(list(unrolled), list(unrolled.values()), 1)
        last = int((LARGE * 1024 - at_rest) / growth)
        peak = float(at_rest + growth * last)
        how = f"**extrapolated** from {growth:.0f} MiB a step of t up to t = {max(unrolled)}"
    share = max(flat) / peak
    text = f"at the largest t at which DKM fits in {LARGE:g} GiB, at most 1/5 of its memory"
    return [Target("share", text, f"t = {last} and 1/{1 / share:.0f}, {how}", share <= 0.2)]


def policy_table(policies: Sequence[Record]) -> str:
    """Return size and accuracy by the number of bits, over all shapes."""
    rows = []
    if policies:
        first = policies[0]
        none = f"32 (not compressed){code_mark(policies)}", f"{len(shapes_of(policies))}"
        sizes = f"{first['weight_bytes_before']}", "1.0", f"{first['file_bytes_before']}"
        rows.append([*none, *sizes, "-", "-", "-", "-"])
    for bits in _bits(policies):
        of = [record for record in policies if record["bits"] == bits]
        before, after = means(of)
        certified = sum(record["verdict"] == "certified" for record in of)
        rows.append(
            [
                f"{bits}{code_mark(of)}",
                f"{len(of)}",
                f"{np.mean([record['weight_bytes_after'] for record in of]):.0f}",
                f"{_ratio(of):.1f}",
                f"{np.mean([record['file_bytes_after'] for record in of]):.0f}",
                f"{before:.2f}",
                f"{after:.2f}",
                f"{100 * (after / before - 1):+.1f}",
                f"{certified} of {len(of)}",
            ]
        )
    header = ["bits", "shapes", "weights, B", "times smaller", "file, B", "DTW before", "after"]
    return table([*header, "change, %", "certified"], rows)


def shapes_of(policies: Sequence[Record]) -> dict[str, dict[int, Record]]:
    """Return records by shape and bits."""
    shapes: dict[str, dict[int, Record]] = {}
    for record in sorted(policies, key=lambda record: record["shape"]):
        shapes.setdefault(record["shape"], {})[record["bits"]] = record
    return shapes


def shape_table(policies: Sequence[Record]) -> str:
    """Return DTW by shape, a column per number of bits."""
    sizes = _bits(policies)
    rows = [
        [
            shape + code_mark(of.values()),
            f"{next(iter(of.values()))['dtw_before']:.2f}",
            *(f"{of[bits]['dtw_after']:.2f}" if bits in of else "-" for bits in sizes),
        ]
        for shape, of in shapes_of(policies).items()
    ]
    return table(["shape", "32 bits", *(f"{bits} bits" for bits in sizes)], rows)


def file_table(files: Sequence[Record]) -> str:
    """Return size and accuracy of skill and detector files."""
    columns: Columns = {
        "": "{what}",
        "bits": "{bits}",
        "weights, B": "{weight_bytes_before} to {weight_bytes_after}",
        "times smaller": _smaller,
        "file, B": "{file_bytes_before} to {file_bytes_after}",
        "accuracy": "{accuracy}",
        "verdict": "{verdict}",
    }
    return table_of(sorted(files, key=lambda row: (row["what"], -row["bits"])), columns)


def network_table(networks: Sequence[Record]) -> str:
    """Return memory, time and accuracy of each case."""

    def measured(cell: Callable[[Record], str], otherwise: str = "-") -> Callable[[Record], str]:
        return lambda row: otherwise.format(**row) if "beyond_limit" in row else cell(row)

    columns: Columns = {
        "network": lambda row: f"{row['network']}, k = {2 ** row['bits']}, d = {row['dim']}",
        "gradient": lambda row: NAMES[row["gradient"]],
        "t": "{iterations}",
        "peak, MiB": measured("{peak_mib}".format_map, "more than {limit:g} GiB"),
        "CPU s a step": measured("{step_s:.3g}".format_map),
        "accuracy, %": measured(
            lambda row: f"{100 * row['accuracy_before']:.1f} to {100 * row['accuracy_after']:.1f}"
        ),
        "smaller": measured(_smaller),
    }
    return table_of(sorted(networks, key=_order), columns)


def load_text(networks: Sequence[Record]) -> str:
    """Return the load of the machine during the cases, in words."""
    loads = [record["load"] for record in networks if "load" in record]
    return f"{min(loads)} to {max(loads)}" if loads else "not run"


def _order(record: Record) -> tuple[Any, ...]:
    """Return a sort key: smaller networks first, then by what is kept, then DKM before others."""
    way = list(NAMES).index(record["gradient"])
    kept = -record["bits"] / record["dim"]
    return record["network"], kept, record["dim"], way, record["iterations"]


def _bits(policies: Sequence[Record]) -> list[int]:
    return sorted({record["bits"] for record in policies}, reverse=True)


def _ratio(records: Sequence[Record]) -> float:
    """Return the smallest of them."""
    return min(record["weight_bytes_before"] / record["weight_bytes_after"] for record in records)


def _smaller(record: Record) -> str:
    return f"{record['weight_bytes_before'] / record['weight_bytes_after']:.1f}"
