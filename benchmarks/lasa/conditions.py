"""Under which conditions the results came about: settings, training code, machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from elcd_policy.training import TrainingSettings
from elcd_policy.training.fit import DEFAULT_FIELD

from ..fingerprint import training_code
from .jobs import PEER
from .summary import METHODS, Record, Results


def conditions(results: Results) -> str:
    """The page's section on them."""
    lines = [
        f"- {METHODS[method]}: {_settings(results, method)}."
        for method in METHODS
        if any(record["method"] == method and record["settings"] for record in results.records)
    ]
    machines = sorted({machine_text(record) for record in results.records})
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
        checkouts = {r["checkout"] for r in results.records if r["method"] == method}
        return f"{listed}; checkout {', '.join(sorted(checkouts))}"
    codes = sorted({r.get("code", "unknown") for r in results.records if r["method"] == method})
    present = "this" if codes == [training_code()] else "**not** this"
    return (
        f"{listed} ({the_defaults(settings)} defaults of `elcd train`); "
        f"training code {', '.join(codes)} ({present} version's)"
    )


def the_defaults(settings: dict[str, float]) -> str:
    """The defaults, or not the defaults."""
    return "the" if settings == asdict(TrainingSettings()) else "**not** the"


def machine_text(record: Record) -> str:
    """A record's machine and versions, in a line."""
    machine, versions = record["machine"], record["versions"]
    listed: Sequence[str] = [f"{name} {value}" for name, value in versions.items()]
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}; {', '.join(listed)}"


def elsewhere(results: Results, protocol: str) -> str:
    """Whose training was timed on another processor than the default field's."""
    processors = {
        method: {r["machine"]["cpu"] for r in results.records if _timed(r, protocol, method)}
        for method in results.methods(protocol)
    }
    here = processors.get(DEFAULT_FIELD, set())
    others = [name for name, found in processors.items() if found and here and found != here]
    if not others:
        return ""
    text = "; ".join(f"{METHODS[m]}'s on {', '.join(sorted(processors[m]))}" for m in others)
    beside = " *Training cost* has EFlow's and ours on one." if PEER in others else ""
    return (
        f" They are not of one machine: {text},\nthe {METHODS[DEFAULT_FIELD]}'s on "
        f"{', '.join(sorted(here))}.{beside}"
    )


def _timed(record: Record, protocol: str, method: str) -> bool:
    return (record["protocol"], record["method"]) == (protocol, method) and "cpu_s" in record
