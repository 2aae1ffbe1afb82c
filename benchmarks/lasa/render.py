"""docs/benchmarks.md from the stored results: the same results give the same text."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from elcd_policy.errors import ParameterError
from elcd_policy.training.fit import DEFAULT_FIELD
from elcd_policy.utils.files import write_atomically

from ..store import read_all
from ..tick_and_cost.dispatch import dispatch_table
from .conditions import conditions, elsewhere, machine_text, the_defaults
from .jobs import PROTOCOLS
from .pictures import draw_cost, draw_curve, draw_fields, draw_variants
from .pushes import PHASES
from .reasons import reasons
from .summary import METHODS, ByShape, Record, Results, common, figures, planar, single
from .tables import (
    beside_table,
    cost_table,
    curve_table,
    curves,
    dimension_table,
    markdown,
    push_table,
    pushed,
    shape_table,
    summary_table,
    tick_table,
)
from .targets import counts, targets
from .texts import (
    BESIDE,
    DIMENSIONS,
    DISPATCH,
    INTRODUCTION,
    PROTOCOL,
    PUSHES,
    TICKS,
    VARIANTS,
    VERDICTS,
)
from .texts import COST as COST_TEXT
from .variants import by_variant

LASA, TICK, SETTINGS, COST = "lasa", "tick", "settings", "cost"


def render(results: str | os.PathLike[str], output: str | os.PathLike[str]) -> list[Path]:
    """Write the page ``output`` and its pictures, in ``images`` beside it.

    Parameters
    ----------
    results : the folder of ``lasa*.jsonl`` and so on; any of them may be missing.

    Returns
    -------
    The files written.

    Raises
    ------
    ParameterError
        If there are no results.
    """
    folder, output = Path(results), Path(output)
    lasa = Results(read_all(folder, LASA))
    variants = by_variant(read_all(folder, SETTINGS))
    ticks, costs = read_all(folder, TICK), read_all(folder, COST)
    tick, cost = ticks[-1] if ticks else None, costs[-1] if costs else None
    if not (lasa.records or lasa.failed or tick or cost or variants):
        raise ParameterError(
            f"no results in {folder}",
            expected=f"{LASA}*.jsonl or {TICK}*.jsonl",
            advice="run elcd benchmark lasa first",
        )
    images = output.parent / "images"
    drawn = {
        "fields": draw_fields(lasa.records, images / "lasa_fields.png"),
        "shown": draw_curve(lasa, images / "lasa_shown.png"),
        "variants": draw_variants(variants, images / "settings.png"),
        "cost": None if cost is None else draw_cost(cost, tick, images / "cost.png"),
    }
    link = {k: path.relative_to(output.parent) for k, path in drawn.items() if path is not None}
    parts = [
        INTRODUCTION,
        _targets(lasa, tick, cost),
        _protocol(),
        *_summaries(lasa),
        _check(lasa),
        _default(lasa),
    ]
    if "shown" in link:
        parts.append(_curve(lasa, link["shown"]))
    parts.append(_pushes(lasa))
    if "variants" in link:
        parts.append(_variants(variants, link["variants"]))
    if lasa.methods("d"):
        parts.append(DIMENSIONS.format(table=dimension_table(lasa)))
    if cost is not None:
        parts.append(_cost(cost, link["cost"]))
    if tick is not None:
        parts.append(_ticks(tick))
    if "fields" in link:
        parts.append(_fields(link["fields"]))
    parts += [*_per_shape(lasa), conditions(lasa)]
    with write_atomically(output) as file:
        file.write(("\n\n".join(part for part in parts if part) + "\n").encode())
    return [output, *(path for path in drawn.values() if path is not None)]


def _targets(results: Results, tick: Record | None, cost: Record | None) -> str:
    judged = targets(results, tick, cost)
    table = markdown(
        ["target", "measured", "verdict"],
        [[target.text, target.measured, target.verdict] for target in judged],
    )
    mixed = "".join(
        f"\n\n**Mixed: {len(outdated)} runs of the {METHODS[method]} are of other training code "
        "than its last one.**"
        for method in METHODS
        if (outdated := results.outdated(method))
    )
    parts = [f"## Targets\n\n{counts(judged)}. {VERDICTS}{mixed}", table, _scale(results)]
    return "\n\n".join(part for part in [*parts, reasons(judged)] if part)


def _scale(results: Results) -> str:
    """What half the peer's error is beside what needs no learning."""
    methods = ("eflow", "mean", "best")
    found = common(*(single(results.of("a", method)) for method in methods))
    if not found[0]:
        return ""
    peer, mean, best = (float(np.mean(figures(shapes, "dtw"))) for shapes in found)
    return (
        f"For scale, over {len(found[0])} shapes: half of EFlow's mean DTW is {peer / 2:.2f} mm. "
        f"The mean demonstration, played by the\nclock, has {mean:.2f} mm; the best shown "
        f"demonstration, chosen with hindsight, {best:.2f} mm: what people's\nrepetitions differ "
        "by is in every figure."
    )


def _protocol() -> str:
    lines = [f"- **({name})** {protocol.text}." for name, protocol in PROTOCOLS.items()]
    return PROTOCOL.format(protocols="\n".join(lines))


def _summaries(results: Results) -> list[str]:
    return [
        f"## Protocol ({name}): {PROTOCOLS[name].text}\n\n"
        "Scores in mm: mean / median / largest over the shapes. Converged: mean / smallest.\n"
        f"CPU s: mean / largest.{elsewhere(results, name)}{_unlike(results, name)}\n\n"
        f"{summary_table(results, name)}"
        for name in ("a", "b", "e")
        if results.methods(name)
    ]


def _check(results: Results) -> str:
    """Whether the field is as good where no choice has looked."""
    ratios = []
    for protocol in ("a", "e"):
        found = common(*(single(results.of(protocol, m)) for m in (DEFAULT_FIELD, "mean")))
        if not found[0]:
            return ""
        ours, mean = (float(np.mean(figures(shapes, "dtw"))) for shapes in found)
        ratios.append(ours / mean)
    return (
        "The settings were chosen by the figures of (a). How much of them is due to that, (e) "
        f"tells: beside the mean\ndemonstration's, the field's mean DTW is {ratios[0]:.2f} in (a) "
        f"and {ratios[1]:.2f} in (e)."
    )


def _default(results: Results) -> str:
    """What the two fields differ by, and which one is the default."""
    found = common(*(single(results.of("a", method)) for method in ("elcd", "monotone")))
    if not found[0]:
        return ""
    elcd, monotone = (float(np.mean(figures(shapes, "dtw"))) for shapes in found)
    better = "The ELCD field" if elcd <= monotone else "The monotone field"
    return (
        f"`elcd train` learns the {METHODS[DEFAULT_FIELD]} unless told otherwise. Over "
        f"{len(found[0])} shapes the mean DTW\nunseen of the ELCD field, which contracts towards "
        f"the goal, is {elcd:.2f} mm; that of the monotone field,\nwhich contracts every pair of "
        f"trajectories, {monotone:.2f} mm. {better} is the more accurate, by "
        f"{abs(elcd / monotone - 1):.0%}:\nthe default is what most motions need, to arrive and "
        "to come back; who needs any two trajectories\nto approach each other takes "
        "`--field monotone`, at that price."
    )


def _unlike(results: Results, protocol: str) -> str:
    shapes = {tuple(planar(results.of(protocol, method))) for method in results.methods(protocol)}
    if len(shapes) == 1:
        return ""
    return " **Not all methods were run on all shapes: compare them per shape, below.**"


def _curve(results: Results, picture: Path) -> str:
    return (
        "## Fewer demonstrations\n\n"
        "Mean DTW in mm on the unseen demonstrations 4-6, trained on the first one to four,\n"
        f"seed 0, over {', '.join(curves(results)[0])}.\n\n{curve_table(results)}\n\n"
        f"![DTW on unseen demonstrations over the number of demonstrations shown]({picture})"
    )


def _pushes(results: Results) -> str:
    rows = {METHODS[m]: single(results.of("a", m)) for m in results.methods("a")}
    # Corridor and pushes are the shape's, the same for every method.
    found = {
        name: each[0]["pushes"] for shapes in rows.values() for name, each in pushed(shapes).items()
    }
    if not found:
        return ""
    widths = sorted(push["half_width"] for push in found.values())
    planned = 2 * len(PHASES) * len(found)
    return PUSHES.format(
        narrowest=widths[0],
        widest=widths[-1],
        mean=sum(widths) / len(widths),
        left_out=sum(push["left_out"] for push in found.values()),
        planned=planned,
        table=push_table(rows),
    )


def _variants(variants: dict[str, ByShape], picture: Path) -> str:
    widths = {
        name: records[0]["pushes"]["half_width"]
        for shapes in variants.values()
        for name, records in pushed(shapes).items()
    }
    listed = ", ".join(f"{name} {width:.1f} mm" for name, width in sorted(widths.items()))
    return VARIANTS.format(
        shapes=f"half-widths: {listed}", table=push_table(variants), picture=picture
    )


def _cost(cost: Record, picture: Path) -> str:
    text = COST_TEXT.format(
        method=METHODS[cost["field"]],
        defaults=the_defaults(cost["settings"]),
        samples=cost["settings"]["samples"],
        machine=machine_text(cost),
        table=cost_table(cost["rows"]),
        picture=picture,
    )
    if "beside" not in cost:
        return text
    return f"{text}\n\n{BESIDE.format(table=beside_table(cost['beside']))}"


def _ticks(tick: Record) -> str:
    text = TICKS.format(
        rounds=tick["rounds"],
        method=METHODS[tick["field"]],
        machine=machine_text(tick),
        table=tick_table(tick),
    )
    if "operations" not in tick:
        return text
    tables = {name: dispatch_table(found) for name, found in tick["operations"].items()}
    dispatch = DISPATCH.format(
        dimension=tick["rows"][0]["dimension"],
        torchscript=tables["TorchScript"],
        onnx=tables["ONNX Runtime"],
    )
    return f"{text}\n\n{dispatch}"


def _fields(picture: Path) -> str:
    return (
        "## The fields\n\n"
        "Trained on all 7 demonstrations (pale), with the rollouts from their starts (dark).\n\n"
        f"![The learned vector fields of the LASA shapes]({picture})"
    )


def _per_shape(results: Results) -> list[str]:
    return [
        f"## Per shape, protocol ({name})\n\n"
        f"DTW (its range over seeds), RMSE; in mm.\n\n{shape_table(results, name)}"
        for name in ("a", "b")
        if results.methods(name)
    ]
