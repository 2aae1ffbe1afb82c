"""docs/sequence_models.md from the stored results: the same results give the same text."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elcd_policy.errors import ParameterError
from elcd_policy.sequence import NAMING
from elcd_policy.utils.files import write_atomically

from ..lasa.tables import markdown
from ..store import read_records
from .models import MODELS
from .pictures import draw_gestures, draw_noise
from .scores import SALT, WEIGHTS, WHITE
from .texts import CURVATURE, GESTURES, INTRODUCTION, MACHINE, SERVED, SPEED, STREAM, TASK_TEXTS

Record = dict[str, Any]
#: A training step's time over torch.nn.RNN's, the same of RK2, a streamed sample's over
#: LSTMCell's: what was aimed at.
RNN_BAR, RK2_BAR, STREAM_BAR = 0.35, 0.7, 1.0
#: Accuracy from which there is something to lose; noises by their key, the strongest one is last.
LEARNED = 0.3
NOISES = {"white": "white noise", "salt": "salt and pepper", "weights": "noise of the weights"}
SHARES_SHOWN = (0.1, 0.25, 0.5, 0.75, 1.0)


def render_page(results: str | os.PathLike[str], output: str | os.PathLike[str]) -> list[Path]:
    """Write the page ``output`` and its pictures, in ``images`` beside it.

    Parameters
    ----------
    results : the file of `run_parts`.

    Returns
    -------
    The files written.

    Raises
    ------
    ParameterError
        If there are no results.
    """
    records, output = read_records(results), Path(output)
    if not records:
        raise ParameterError(
            f"no results in {results}", advice="run first: elcd benchmark sequences"
        )
    images, files = output.parent / "images", [output]
    parts = [INTRODUCTION]
    for task, text in TASK_TEXTS.items():
        found = [record for record in records if record["part"] == task]
        if found:
            facts = {"table": _task_table(found), "robustness": _robustness(found)}
            parts.append(text.format(runs=_runs(found), **facts))
            if task == "digits":
                files.append(draw_noise(found, images / "sequence_noise.png"))
                parts.append("![Accuracy under noise](images/sequence_noise.png)")
    gestures = [record for record in records if record["part"] == "lasa"]
    if gestures:
        files.append(draw_gestures(gestures, images / "sequence_gestures.png"))
        parts.append(GESTURES.format(runs=_runs(gestures), table=_gesture_table(gestures)))
    skills = [record for record in records if record["part"] == "skills"]
    if skills:
        parts.append(_served(skills[-1]))
    curvature = [record for record in records if record["part"].endswith("curvature")]
    if curvature:
        parts.append(CURVATURE.format(table=_curvature_table(curvature)))
    speed = [record for record in records if record["part"] == "speed"]
    if speed:
        parts.append(SPEED.format(table=_speed_table(speed[-1]), verdict=_speed_verdict(speed[-1])))
        parts.append(
            STREAM.format(table=_stream_table(speed[-1]), verdict=_stream_verdict(speed[-1]))
        )
    versions = ", ".join(f"{name} {value}" for name, value in records[-1]["versions"].items())
    cpu = records[-1]["machine"]
    parts.append(MACHINE.format(cpu=cpu["cpu"], cores=cpu["cores"], versions=versions))
    with write_atomically(output) as file:
        file.write(("\n\n".join(parts) + "\n").encode())
    return files


def mean_of(records: Iterable[Record], name: str, key: str) -> Any:
    """The mean over a model's seeds, of a number or of a list of them."""
    found = np.mean([record[key] for record in records if record["model"] == name], axis=0)
    return float(found) if found.ndim == 0 else found


def present(records: Sequence[Record]) -> list[str]:
    """The models that have results, in the order of `MODELS`."""
    found = {record["model"] for record in records}
    return [name for name in MODELS if name in found]


def _runs(records: Sequence[Record]) -> str:
    seeds = sorted({record["seed"] for record in records})
    named = ", ".join(map(str, seeds))
    few = f"seed {named} only" if len(seeds) == 1 else f"mean over seeds {named}"
    return f"{records[0]['epochs']} epochs, {few}"


def _task_table(records: Sequence[Record]) -> str:
    head = ["", "units", "parameters", "accuracy"]
    head += [f"white {size:g}" for size in WHITE] + [f"salt {share:.0%}" for share in SALT]
    head += [f"weights {size:.0%}" for size in WEIGHTS] + ["training, CPU s"]
    rows = []
    for name in present(records):
        clean = mean_of(records, name, "accuracy")
        row = [name, f"{mean_of(records, name, 'hidden'):.0f}"]
        row += [f"{mean_of(records, name, 'parameters'):,.0f}", f"{100 * clean:.1f}"]
        seeds = [100 * record["accuracy"] for record in records if record["model"] == name]
        if len(seeds) > 1:
            row[-1] += f" ({min(seeds):.1f} to {max(seeds):.1f})"
        for key in ("white", "salt", "weights"):
            row += [f"{100 * value:.1f}" for value in mean_of(records, name, key)]
        rows.append([*row, f"{mean_of(records, name, 'cpu_s'):.0f}"])
    return markdown(head, rows)


def _robustness(records: Sequence[Record]) -> str:
    """Whether the paper's claim, that a Lipschitz RNN loses less under noise, is seen."""
    learned = [name for name in present(records) if mean_of(records, name, "accuracy") > LEARNED]
    ours = [name for name in learned if name.startswith("Lipschitz RNN")]
    others = [name for name in learned if name not in ours]
    if not (ours and others):
        return ""
    lines = []
    for key, noise in NOISES.items():
        lost = {
            name: 100 * (mean_of(records, name, "accuracy") - mean_of(records, name, key)[-1])
            for name in learned
        }
        texts = [
            f"{name.removeprefix('Lipschitz RNN').removeprefix(', ') or 'Euler'} {lost[name]:.1f} "
            f"(less than {sum(lost[name] < lost[other] for other in others)} of {len(others)})"
            for name in ours
        ]
        lines.append(f"- {noise}: {', '.join(texts)}")
    return (
        "The paper claims that a Lipschitz RNN loses less under noise than others. Points of "
        "accuracy lost at the\nstrongest noise, against the baselines that have learned "
        f"(above {LEARNED:.0%}):\n\n" + ";\n".join(lines) + "."
    )


def _gesture_table(records: Sequence[Record]) -> str:
    shares = records[0]["shares"]
    at = [shares.index(share) for share in SHARES_SHOWN]
    rows = []
    for name in present(records):
        accuracy = mean_of(records, name, "accuracy")
        confidence = mean_of(records, name, "confidence")
        row = [name, f"{mean_of(records, name, 'parameters'):,.0f}"]
        row += [f"{100 * accuracy[i]:.0f} ({100 * confidence[i]:.0f})" for i in at]
        best = int(np.argmax(accuracy))
        row.append(f"{100 * accuracy[best]:.0f} at {shares[best]:.0%}")
        rows.append([*row, f"{mean_of(records, name, 'cpu_s'):.0f}"])
    seen = [f"{share:.0%} seen" for share in SHARES_SHOWN]
    return markdown(["", "parameters", *seen, "best", "training, CPU s"], rows)


def _served(record: Record) -> str:
    shares, accuracy = record["shares"], record["accuracy"]
    at = ", ".join(
        f"{100 * accuracy[shares.index(share)]:.0f} % at {share:.0%}" for share in SHARES_SHOWN
    )
    best = int(np.argmax(accuracy))
    facts = record["certificate"]
    (layer,) = facts["layers"]
    return SERVED.format(
        epochs=record["epochs"],
        cpu=record["cpu_s"],
        at=at,
        best=f"{100 * accuracy[best]:.0f} % at {shares[best]:.0%}",
        rate=facts["rate"],
        factor=layer["step_factor"],
        largest=layer["largest_step"]["euler"],
        step=layer["step"],
        steps="does" if facts["contracting_steps"] else "does not",
        **NAMING,
        motions=record["named"][0]["motions"],
        named="; ".join(map(_named, record["named"])),
    )


def _named(row: Record) -> str:
    never = row["motions"] - row["right"] - row["wrong"]
    when = "" if row["share"] is None else f", half of them within {row['share']:.0%} of the motion"
    return (
        f"at {row['speed']:g} times the speed {row['right']} are named rightly and {row['wrong']} "
        f"wrongly{when}, {never} never"
    )


def _curvature_table(records: Sequence[Record]) -> str:
    rows = [
        [
            name,
            f"{mean_of(records, name, 'loss'):.3g}",
            f"{mean_of(records, name, 'largest'):.3g}",
            f"{mean_of(records, name, 'trace'):.3g} ± {mean_of(records, name, 'trace_error'):.2g}",
        ]
        for name in present(records)
    ]
    return markdown(["", "loss", "largest eigenvalue", "trace"], rows)


def _speed_table(record: Record) -> str:
    rows = [
        [
            row["layer"],
            f"{row['s']:.3f}",
            f"{row['of_rnn']:.2f}",
            f"{row['of_lstm']:.3f}",
            f"{row['mb']:.0f}",
        ]
        for row in record["rows"]
    ]
    return markdown(["", "s", "of RNN's time", "of LSTM's time", "peak memory, MB"], rows)


def _stream_table(record: Record) -> str:
    batches = list(record["stream_us"])
    names = list(record["stream_us"][batches[0]])
    rows = [[name, *(f"{record['stream_us'][b][name]:.1f}" for b in batches)] for name in names]
    return markdown(["us a sample", *(f"batch of {batch}" for batch in batches)], rows)


def _speed_verdict(record: Record) -> str:
    times = {row["layer"]: row["s"] for row in record["rows"]}
    euler = times["Lipschitz RNN"] / times["torch.nn.RNN"]
    rk2 = times["Lipschitz RNN, RK2"] / times["torch.nn.RNN"]
    return (
        f"Aimed at: at most {RNN_BAR} of `torch.nn.RNN`'s time; measured {euler:.2f}, "
        f"**{_word(euler <= RNN_BAR)}**. RK2 at most twice that, {RK2_BAR}; measured {rk2:.2f}, "
        f"**{_word(rk2 <= RK2_BAR)}**: {rk2 / euler:.2f} times Euler's."
    )


def _stream_verdict(record: Record) -> str:
    ratios, twice = (
        [times[name] / times["torch.nn.LSTMCell"] for times in record["stream_us"].values()]
        for name in ("Lipschitz RNN", "Lipschitz RNN, RK2")
    )
    return (
        f"Aimed at: a step of Euler's at most as long as `LSTMCell`'s; measured "
        f"{' and '.join(f'{ratio:.2f}' for ratio in ratios)} of it, "
        f"**{_word(max(ratios) <= STREAM_BAR)}**. RK2's, with two stages, takes "
        f"{' and '.join(f'{ratio:.2f}' for ratio in twice)} of it."
    )


def _word(met: bool) -> str:
    return "met" if met else "missed"
