"""The tables of docs/sequence_models.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from elcd_policy.sequence import NAMING

from ..page import Columns, Target, table, table_of
from ..store import Record
from .models import MODELS
from .scores import SALT, WEIGHTS, WHITE

#: A training step's time over torch.nn.RNN's, the same of RK2, a streamed sample's over
#: LSTMCell's: what was aimed at.
RNN_BAR, RK2_BAR, STREAM_BAR = 0.35, 0.7, 1.0
#: Accuracy from which there is something to lose; noises by their key, the strongest one is last.
LEARNED = 0.3
NOISES = {"white": "white noise", "salt": "salt and pepper", "weights": "noise of the weights"}
SHARES_SHOWN = (0.1, 0.25, 0.5, 0.75, 1.0)
SEEN = [f"{share:.0%} seen" for share in SHARES_SHOWN]


def mean_of(records: Iterable[Record], name: str, key: str) -> Any:
    """Return the mean over a model's seeds, of a number or of a list of them."""
    found = np.mean([record[key] for record in records if record["model"] == name], axis=0)
    return float(found) if found.ndim == 0 else found


def present(records: Sequence[Record]) -> list[str]:
    """Return the models that have results, in the order of `MODELS`."""
    found = {record["model"] for record in records}
    return [name for name in MODELS if name in found]


def runs_text(records: Sequence[Record]) -> str:
    """Return epochs and seeds, in words."""
    if not records:
        return "not run"
    seeds = sorted({record["seed"] for record in records})
    named = ", ".join(map(str, seeds))
    few = f"seed {named} only" if len(seeds) == 1 else f"mean over seeds {named}"
    return f"{records[0]['epochs']} epochs, {few}"


def task_table(records: Sequence[Record]) -> str:
    """Return accuracy with and without noise, a row per model."""
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
        for key in NOISES:
            row += [f"{100 * value:.1f}" for value in mean_of(records, name, key)]
        rows.append([*row, f"{mean_of(records, name, 'cpu_s'):.0f}"])
    return table(head, rows)


def loss_table(records: Sequence[Record]) -> str:
    """Return what each Lipschitz RNN loses at the strongest noise, and how many others lose more.

    Only models that have learned take part.
    """
    learned = [name for name in present(records) if mean_of(records, name, "accuracy") > LEARNED]
    ours = [name for name in learned if name.startswith("Lipschitz RNN")]
    others = [name for name in learned if name not in ours]
    rows = []
    for key, noise in NOISES.items() if ours and others else ():
        lost = {
            name: 100 * (mean_of(records, name, "accuracy") - mean_of(records, name, key)[-1])
            for name in learned
        }
        less = {name: sum(lost[name] < lost[other] for other in others) for name in ours}
        cells = [f"{lost[name]:.1f} (less than {less[name]} of {len(others)})" for name in ours]
        rows.append([noise, *cells])
    return table(["points lost", *ours], rows)


def gesture_table(records: Sequence[Record]) -> str:
    """Return accuracy and confidence by the share of a motion that was seen, a row per model."""
    rows = []
    for name in present(records):
        shares = records[0]["shares"]
        accuracy = mean_of(records, name, "accuracy")
        confidence = mean_of(records, name, "confidence")
        row = [name, f"{mean_of(records, name, 'parameters'):,.0f}"]
        for i in map(shares.index, SHARES_SHOWN):
            row.append(f"{100 * accuracy[i]:.0f} ({100 * confidence[i]:.0f})")
        rows.append([*row, _best(accuracy, shares), f"{mean_of(records, name, 'cpu_s'):.0f}"])
    return table(["", "parameters", *SEEN, "best", "training, CPU s"], rows)


def served_table(records: Sequence[Record]) -> str:
    """Return the accuracy of the classifier that is served."""

    def seen(share: float) -> Callable[[Record], str]:
        return lambda row: f"{100 * row['accuracy'][row['shares'].index(share)]:.0f}"

    columns: Columns = {
        "epochs": "{epochs}",
        **{text: seen(share) for text, share in zip(SEEN, SHARES_SHOWN, strict=True)},
        "best": lambda row: _best(row["accuracy"], row["shares"]),
        "training, CPU s": "{cpu_s:.0f}",
    }
    return table_of(records, columns)


def certificate_table(records: Sequence[Record]) -> str:
    """Return what the certificate of the classifier that is served states."""
    facts = [{**r["certificate"], "layer": r["certificate"]["layers"][0]} for r in records]
    columns: Columns = {
        "rate in continuous time": "{rate:.3g}",
        "step": "{layer[step]:.2g}",
        "a step contracts up to": "{layer[largest_step][euler]:.2g}",
        "steps are covered": lambda row: "yes" if row["contracting_steps"] else "no",
        "a step changes a distance by at most": "{layer[step_factor]:.3f}",
    }
    return table_of(facts, columns)


def naming_table(records: Sequence[Record]) -> str:
    """Return what the classifier says of a stream of motions, by skill_node's rule."""
    columns: Columns = {
        "speed": "{speed:g} x",
        "motions": "{motions}",
        "named rightly": "{right}",
        "wrongly": "{wrong}",
        "never": lambda row: str(row["motions"] - row["right"] - row["wrong"]),
        "half of them within this share of the motion": lambda row: (
            "-" if row["share"] is None else f"{row['share']:.0%}"
        ),
    }
    return table_of([row for record in records for row in record["named"]], columns)


def naming_rule() -> str:
    """Return when skill_node names a motion, in words."""
    return f"a probability of {NAMING['confidence']} for {NAMING['agreement']} s"


def curvature_table(records: Sequence[Record]) -> str:
    """Return the loss and its Hessian's largest eigenvalue and trace, a row per model."""
    keys = ("loss", "largest", "trace", "trace_error")
    rows = [
        {"model": name, **{key: mean_of(records, name, key) for key in keys}}
        for name in present(records)
    ]
    columns: Columns = {"": "{model}", "loss": "{loss:.3g}", "largest eigenvalue": "{largest:.3g}"}
    return table_of(rows, {**columns, "trace": "{trace:.3g} ± {trace_error:.2g}"})


def speed_table(records: Sequence[Record]) -> str:
    """Return the time and memory of a training step, a row per layer."""
    columns: Columns = {
        "": "{layer}",
        "s": "{s:.3f}",
        "of RNN's time": "{of_rnn:.2f}",
        "of LSTM's time": "{of_lstm:.3f}",
        "peak memory, MB": "{mb:.0f}",
    }
    return table_of([row for record in records for row in record["rows"]], columns)


def stream_table(records: Sequence[Record]) -> str:
    """Return the time of a streamed sample, a row per layer."""
    if not records:
        return table([], [])
    times = records[-1]["stream_us"]
    rows = [
        [name, *(f"{times[b][name]:.1f}" for b in times)] for name in next(iter(times.values()))
    ]
    return table(["us a sample", *(f"batch of {batch}" for batch in times)], rows)


def targets(records: Sequence[Record]) -> list[Target]:
    """Return the bars on speed."""
    euler = "rnn-euler", f"a training step of Euler's at most {RNN_BAR} of `torch.nn.RNN`'s time"
    rk2 = "rnn-rk2", f"RK2's at most twice that, {RK2_BAR}"
    stream = "stream", "a streamed sample by Euler's method at most as long as by `LSTMCell`"
    if not records:
        return [Target(*name) for name in (euler, rk2, stream)]
    times = {row["layer"]: row["s"] for row in records[-1]["rows"]}
    one, two = (
        times[name] / times["torch.nn.RNN"] for name in ("Lipschitz RNN", "Lipschitz RNN, RK2")
    )
    ratios, twice = (
        [found[name] / found["torch.nn.LSTMCell"] for found in records[-1]["stream_us"].values()]
        for name in ("Lipschitz RNN", "Lipschitz RNN, RK2")
    )
    each, rk2_each = (" and ".join(f"{r:.2f}" for r in several) for several in (ratios, twice))
    return [
        Target(*euler, f"{one:.2f}", one <= RNN_BAR),
        Target(*rk2, f"{two:.2f}, {two / one:.2f} times Euler's", two <= RK2_BAR),
        Target(*stream, f"{each} of it (RK2 {rk2_each})", max(ratios) <= STREAM_BAR),
    ]


def _best(accuracy: Sequence[float], shares: Sequence[float]) -> str:
    best = int(np.argmax(accuracy))
    return f"{100 * accuracy[best]:.0f} at {shares[best]:.0%}"
