"""Whether the certificate that is stored in a policy file vouches for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ..formats import LoadedPolicy
from ..formats.archive import weights_hash
from ..obstacles import KIND
from .construction import ROUNDING, construction, find_foreign_weights
from .obstacles import learned_policy
from .types import CERTIFIED, Certificate
from .verdict import certify

#: Relative, of figures that one machine computes as another does.
FACTS_ERROR = 1e-3


def certificate_fault(policy: LoadedPolicy) -> str:
    """Return why the certificate stored in a policy file does not vouch for it; empty if it does.

    The stored certificate is not believed by itself: that it is of these weights, and what it
    says is proved (field, flow, kind, rate), is derived again from the policy. What was checked
    at points is not checked again, which takes `certify`; the digest of the file, compared when
    it is loaded, binds it to weights and facts. A file of format 1 has no digest: it is certified
    again, and what depends on its facts compared.
    """
    stored = policy.metadata.certificate
    if policy.rebuilt is None:
        return "its own code is run (trust_code), for which no certificate vouches"
    if stored is None:
        return "the file carries no certificate"
    reasons = find_foreign_weights(policy, weights_hash(policy.module.state_dict()))
    if not reasons and stored.get("verdict") != CERTIFIED:
        reasons = [str(reason) for reason in stored.get("reasons", [])] or ["not certified"]
    reasons = reasons or _find_incomplete(stored) or _find_unproved(policy, stored)
    if not reasons and policy.metadata.format_version < 2:
        reasons = _find_unbound(policy, stored)
    return "; ".join(reasons)


def _find_incomplete(stored: Mapping[str, Any]) -> list[str]:
    missing = [part.name for part in fields(Certificate) if part.name not in stored]
    if missing:
        return [f"its stored certificate has no {', '.join(missing)}"]
    checks = stored["checks"]
    if not isinstance(checks, list) or not checks:
        return ["its stored certificate has no checks"]
    try:
        failed = [str(row["name"]) for row in checks if not row["value"] <= row["limit"]]
    except (KeyError, TypeError):
        return ["its stored certificate has checks without a value and a limit"]
    return [f"its stored certificate failed: {', '.join(failed)}"] if failed else []


def _find_unproved(policy: LoadedPolicy, stored: Mapping[str, Any]) -> list[str]:
    """Return how a stored certificate differs from what follows from the policy's parts."""
    facts = policy.metadata
    learned = learned_policy(policy) if policy.avoids_obstacles else policy
    if learned is None:
        return ["its obstacles are not put before a policy as `elcd.avoid` does"]
    made = construction(learned)
    if made.doubts:
        return made.doubts
    rate = float(facts.guarantee.get("rate", math.nan))
    derived = {
        "field": made.field,
        "flow": made.flow,
        "kind": KIND if policy.avoids_obstacles else made.kind,
        "rate": rate,
        "rate_times_duration": rate * facts.duration,
        "units": facts.units,
    }
    return [
        f"its stored certificate says {name} {stored[name]}, its parts give {value}"
        for name, value in derived.items()
        if not _same(stored[name], value)
    ]


def _find_unbound(policy: LoadedPolicy, stored: Mapping[str, Any]) -> list[str]:
    """Return how the certificate of a file without a digest differs from one made now."""
    now = certify(policy).to_dict()
    if now["verdict"] != CERTIFIED:
        return [str(reason) for reason in now["reasons"]]
    parts = {
        "points": (stored["points"], now["points"]),
        "bounds": (stored["bounds"], now["bounds"]),
        "checks": tuple(
            # Other values are rounding, which depends on the machine; limits are of the workspace,
            # but for those at the goal, which were wider when format 1 was written.
            [
                row["value"] if row.get("unit") == "1/s" else row["limit"]
                for row in made["checks"]
                if not str(row["name"]).startswith("speed at the goal")
            ]
            for made in (stored, now)
        ),
    }
    return [
        f"its stored certificate has other {name} than its facts and weights give"
        for name, (before, after) in parts.items()
        if not _close(before, after)
    ]


def _close(first: Any, second: Any) -> bool:
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_close(first[k], second[k]) for k in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_close, first, second))
    if isinstance(first, int | float) and isinstance(second, int | float):
        return math.isclose(first, second, rel_tol=FACTS_ERROR, abs_tol=1e-9)
    return bool(first == second)


def _same(stored: Any, derived: Any) -> bool:
    if isinstance(derived, float):
        number = isinstance(stored, int | float)
        return number and math.isclose(stored, derived, rel_tol=ROUNDING)
    return bool(stored == derived)
