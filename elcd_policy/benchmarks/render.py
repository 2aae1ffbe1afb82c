"""docs/benchmarks.md from the stored results: the same results give the same text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..errors import ParameterError
from ..files import written_whole
from ..training import TrainingSettings
from .fingerprint import training_code
from .jobs import PROTOCOLS
from .pictures import draw_curve, draw_fields
from .store import read_all
from .summary import METHODS, Record, Results
from .tables import (
    curve,
    curve_table,
    dimension_table,
    markdown,
    shape_table,
    summary_table,
    tick_table,
)
from .targets import counts, targets

LASA, TICK = "lasa", "tick"

INTRODUCTION = """# Benchmarks

This page is written by `elcd benchmark render` from [the stored results](../benchmarks/results);
nothing in it is typed by hand. To make every figure anew:

```sh
pip install 'elcd_policy[lasa]'
git clone https://github.com/mrana6/euclideanizing_flows      # the peer, where you like
elcd benchmark lasa --eflow euclideanizing_flows              # protocols (a) and (b)
elcd benchmark lasa --protocols c --eflow euclideanizing_flows
elcd benchmark lasa --protocols d --eflow euclideanizing_flows --pendulum FOLDER  # n-2.npz, n-4.npz
elcd benchmark tick
elcd benchmark render
```

What has a result in `benchmarks/results/lasa.jsonl` is not run again, unless the training code
has changed since (results of EFlow and of the baselines do not depend on it). One run writes to a
file at a time; the page is made from every `lasa*.jsonl`. `--shapes`, `--fields` and `--seeds` run
a part, `--workers` says on how many cores, `--scheduler tcp://...` runs on a Dask cluster."""

PROTOCOL = """## Protocol

The 30 shapes of the LASA handwriting data, 7 demonstrations each, in mm.

{protocols}

The 26 shapes of one pattern make up the summary of (a) and its targets. In the four `Multi_Models`
an unseen demonstration may start 40 mm away from anything shown; they stand in the table per shape.

- **Rollouts** start where the demonstration starts and keep its own clock and duration.
- **Scores**, in mm, each the mean over the scored demonstrations: *DTW*, true dynamic time warping
  divided by the 200 samples; *RMSE*, aligned in time; *Fréchet*, discrete; *end 1x* and *end 2x*,
  the distance from the demonstrated end after one and two durations; *Chamfer*, what the ELCD
  paper calls DTWD, a nearest-point distance that knows neither order nor speed.
- **Convergence**: of a 16 x 16 grid over the workspace of all 7 demonstrations and 15 % beyond
  each side, the share within 2 mm of the goal after twice the median duration.
- **CPU s** is the process's CPU time in training, on one thread; the first job of each process pays
  for what torch loads then.
- A shape's figure is the mean over the seeds; ranges are over the seeds.
- **Mean demonstration**: the shown ones averaged at equal shares of their durations, moved to the
  start (the offset fades linearly), played in their median duration. **Best shown demonstration**:
  the nearest one by DTW, in the scored one's duration; both are hindsight that no policy has.
- **EFlow**: Euclideanizing Flows (Rana et al. 2020), the authors' code and settings in a user's own
  checkout, prepared as theirs but with each demonstration's true clock, 400 epochs of all samples
  at once; rolled out by 200 Euler steps per duration."""

DIMENSIONS = """## More dimensions

Protocol (d). Scores in the problem's own units, on the unseen demonstrations but for *DTW shown*;
converged: mean / smallest over the seeds.

- **Stacked LASA** shapes (mm): demonstration i of each, coordinates side by side, on the mean of
  their clocks.
- **pendulum-2** and **pendulum-4**: swings of a damped pendulum of 2 and 4 links from a random
  state until rest, of the ELCD authors' data (the first seven of ten, 1000 samples 0.1 s apart;
  angles in rad beside their rates in rad/s). A swing goes to and fro some 40 times; training
  resamples a demonstration to 100 points and the scores to 200, too few to see each.
- **Rosenbrock-8**: descents along the gradient of Rosenbrock's function in 8 dimensions to its
  minimum, from random starts in [-1, 1]^8, made by this project (`problems.py`).
- Converged is within 2 mm, or where units are not mm within 4 % of the longest side of the
  workspace, from 256 random starts in it and 15 % beyond each side.
- EFlow's preparation is made for LASA's units and speeds: it takes part in the stacked shapes only.

{table}"""

TICKS = """## Control tick

One call on [1, d] on one thread, after `optimize_for_inference`, in turns with a plain d-64-64-d
tanh network on the same runtime; medians over {rounds} rounds of 50 calls. Its weights do not
matter to the time, so the policy ({method}, default size) is hardly trained. Throughput is that of
batches of 10,000 positions. {machine}.

{table}"""


def render(results: str | os.PathLike[str], output: str | os.PathLike[str]) -> list[Path]:
    """Write the page ``output`` and its pictures, in ``images`` beside it.

    Parameters
    ----------
    results : the folder of ``lasa*.jsonl`` and ``tick*.jsonl``; either may be missing.

    Returns
    -------
    The files written.

    Raises
    ------
    ParameterError
        If there are no results.
    """
    folder, output = Path(results), Path(output)
    records, ticks = read_all(folder, LASA), read_all(folder, TICK)
    if not records and not ticks:
        raise ParameterError(
            f"no results in {folder}",
            expected=f"{LASA}*.jsonl or {TICK}*.jsonl",
            advice="run elcd benchmark lasa first",
        )
    lasa, tick = Results(records), ticks[-1] if ticks else None
    images = output.parent / "images"
    fields = draw_fields(lasa.records, images / "lasa_fields.png")
    shown = draw_curve(lasa, images / "lasa_shown.png")
    parts = [INTRODUCTION, _targets(lasa, tick), _protocol(), *_summaries(lasa)]
    if shown is not None:
        parts.append(_curve(lasa, shown.relative_to(output.parent)))
    if lasa.methods("d"):
        parts.append(DIMENSIONS.format(table=dimension_table(lasa)))
    if tick is not None:
        parts.append(_ticks(tick))
    if fields is not None:
        parts.append(_fields(fields.relative_to(output.parent)))
    parts += [*_per_shape(lasa), _conditions(lasa)]
    with written_whole(output) as file:
        file.write(("\n\n".join(part for part in parts if part) + "\n").encode())
    return [output, *(path for path in (fields, shown) if path is not None)]


def _targets(results: Results, tick: Record | None) -> str:
    judged = targets(results, tick)
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
    words = f"{counts(judged)}. Open: not all that a verdict needs was run.{mixed}"
    return f"## Targets\n\n{words}\n\n{table}"


def _protocol() -> str:
    lines = [f"- **({name})** {protocol.text}." for name, protocol in PROTOCOLS.items()]
    return PROTOCOL.format(protocols="\n".join(lines))


def _summaries(results: Results) -> list[str]:
    return [
        f"## Protocol ({name}): {PROTOCOLS[name].text}\n\n"
        "Scores in mm: mean / median / largest over the shapes. Converged: mean / smallest.\n"
        f"CPU s: mean / largest.\n\n{summary_table(results, name)}"
        for name in ("a", "b")
        if results.methods(name)
    ]


def _curve(results: Results, picture: Path) -> str:
    used = {shape for method in results.methods("c") for shape in curve(results, method)[0]}
    return (
        "## Fewer demonstrations\n\n"
        "Mean DTW in mm on the unseen demonstrations 4-6, trained on the first one to four, over\n"
        f"{', '.join(sorted(used))}.\n\n{curve_table(results)}\n\n"
        f"![DTW on unseen demonstrations over the number of demonstrations shown]({picture})"
    )


def _ticks(tick: Record) -> str:
    machine = _machine(tick)
    return TICKS.format(
        rounds=tick["rounds"],
        method=METHODS[tick["field"]],
        machine=machine,
        table=tick_table(tick),
    )


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


def _conditions(results: Results) -> str:
    lines = [
        f"- {METHODS[method]}: {_settings(results, method)}."
        for method in METHODS
        if any(record["method"] == method and record["settings"] for record in results.records)
    ]
    machines = sorted({_machine(record) for record in results.records})
    lines += [f"- Measured on: {text}." for text in machines]
    lines += [
        f"- Failed: protocol {record['protocol']}, {record['shape']}, {record['method']}, "
        f"seed {record['seed']}, {record['shown']} shown: {record['error']}"
        for record in results.failed
    ]
    return "## Settings and machine\n\n" + "\n".join(lines) if lines else ""


def _settings(results: Results, method: str) -> str:
    settings = next(r["settings"] for r in results.records if r["method"] == method)
    listed = ", ".join(f"{name} {value:g}" for name, value in settings.items())
    if method == "eflow":
        return listed
    default = "the" if settings == asdict(TrainingSettings()) else "**not** the"
    codes = sorted({r.get("code", "unknown") for r in results.records if r["method"] == method})
    present = "this" if codes == [training_code()] else "**not** this"
    return (
        f"{listed} ({default} defaults of `elcd train`); "
        f"training code {', '.join(codes)} ({present} version's)"
    )


def _machine(record: Record) -> str:
    machine, versions = record["machine"], record["versions"]
    listed: Sequence[str] = [f"{name} {value}" for name, value in versions.items()]
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}; {', '.join(listed)}"
