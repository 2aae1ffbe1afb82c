"""One digest over everything that a file says: a changed fact is named.

The digest binds weights, goal, every fact, the description, the version of the code and the
certificate to each other. Whoever edits a file can compute it anew, so it finds accidents and
careless edits; what can be derived (weights to graph, goal, proved rows) is derived again when
the file is read. Only a signature would bind facts that nobody can derive.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGEST = "digest"
#: Characters of the hash of one fact; it only names what differs.
SHORT = 12


def add_digest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's metadata, as JSON can say them, with their digest."""
    plain = json.loads(json.dumps({k: v for k, v in values.items() if k != DIGEST}))
    parts = {name: _hash(value)[:SHORT] for name, value in plain.items()}
    return {**plain, DIGEST: {"whole": _hash(plain), "parts": parts}}


def find_changes(values: Mapping[str, Any]) -> list[str]:
    """Return the names of the facts that are not those of the digest; empty if all are."""
    stored = values.get(DIGEST)
    if not isinstance(stored, Mapping) or not isinstance(stored.get("parts"), Mapping):
        return [DIGEST]
    found = add_digest(values)[DIGEST]
    if stored.get("whole") == found["whole"]:
        return []
    names = {*stored["parts"], *found["parts"]}
    changed = [n for n in sorted(names) if stored["parts"].get(n) != found["parts"].get(n)]
    return changed or [DIGEST]


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
