"""rosbag2 and ROS 1 bags: one demonstration a bag, from one topic of poses, points or joints.

Times are those of the header stamps; messages without stamps are timed by their arrival. Poses
and points are in m (REP 103), joint states in rad; what `bag_writer` noted in a bag's custom
data is heeded.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....errors import DemonstrationError
from ....robot.units import METRES
from ...recording import Array, Recording
from ...sidecar import parse_about
from ...source import TIME_UNITS, Source
from .bag_files import BAG_SUFFIXES, open_bag
from .bag_messages import ASIDE, FIXED, JOINTS, KINDS, PATH, POINT, Sample, decode_block

NANOSECONDS = TIME_UNITS["ns"]
PER_METRE = {unit: 1 / metres for unit, metres in METRES.items()}
"""Units of length that are written as poses or points, which are in m."""
BLOCK = 4096
"""Messages that are decoded at once."""
PAIR = ":"
"""Between a topic of transforms and the one to read: ``/tf:panda_link0->panda_hand``."""


def read_bag(path: Path, request: Source) -> tuple[list[Recording], dict[str, Any]]:
    """Return the one demonstration in a bag, and what the bag says of it.

    Joint states of several publishers are merged by name.

    Parameters
    ----------
    path : a bag's folder, or a bare .mcap, .db3 or .bag file, also compressed as .zstd.
    request : whose ``series`` is the topic; by default the only one of a type in `KINDS`. Behind
        ":" the child frame, or "parent->child", of a topic of transforms.

    Raises
    ------
    DemonstrationError
        If the bag is damaged, the topic can't be told, or its messages make no demonstration.
    MissingExtraError
        If the package rosbags is not installed.
    """
    wanted, _, pair = request.series.partition(PAIR)
    with open_bag(path) as (reader, remarks):
        everything = {c.topic: c.msgtype for c in reader.connections}
        topic = _choose_topic(path, wanted, everything)
        storage = getattr(reader.readers[0], "storage", None)
        custom = dict(getattr(getattr(storage, "metadata", None), "custom", None) or {})
        series = _read_series(reader, topic, everything[topic], f"{topic} in {path}")
    kind, where = everything[topic], f"{topic} in {path}"
    body = _choose_body(path, topic, list(series), pair)
    recording, frames = series[body].recording(_name(path), where), series[body].frames - {""}
    if len(frames) > 1:
        raise DemonstrationError(
            f"{where} changes its frame", got=sorted(frames), expected="one frame_id"
        )
    texts = {key: str(value) for key, value in custom.items()}
    if "joints" in texts and "names" not in texts:  # as recorders of earlier versions wrote
        about: dict[str, Any] = {"names": tuple(texts["joints"].split(","))}
    else:
        about = {}
    about |= parse_about(texts, path) | {"frame": next(iter(frames), "")}
    about["remarks"] = remarks
    if body:
        words = f"{where}: read the transform {'->'.join(body)}"
        recording = replace(recording, remarks=(words,))
    return [_in_units(recording, kind, about, texts)], about


def _in_units(
    recording: Recording, kind: str, about: dict[str, Any], texts: dict[str, str]
) -> Recording:
    """Return a recording with the units that messages have, or that a writer noted."""
    if kind == JOINTS:
        about.setdefault("units", "rad")
        kinds = dict.fromkeys(recording.labels, "joint")
        return replace(recording, kinds=kinds)
    about.setdefault("units", "m")
    values = recording.values
    if about["units"] != "m" and about["units"] in METRES:
        values = values.copy()
        values[:, :3] *= PER_METRE[about["units"]]
    d = len(recording.labels)
    if kind == POINT and texts.get("dimension", "3") in ("1", "2"):
        d = int(texts["dimension"])
    labels = recording.labels[:d]
    if kind == POINT and len(about.get("names", ())) == d:
        labels = about["names"]
    return replace(recording, values=values[:, :d], labels=labels)


def _name(path: Path) -> str:
    """Return what the demonstration in a bag is called."""
    ends = (end for end in BAG_SUFFIXES if path.name.endswith(end))
    return path.name.removesuffix(next(ends, ""))


def _choose_topic(path: Path, topic: str, everything: dict[str, str]) -> str:
    """Return the topic to read."""
    found = {name: kind for name, kind in everything.items() if kind in KINDS}
    listed = ", ".join(f"{name} ({kind.rpartition('/')[2]})" for name, kind in found.items())
    if not found:
        raise DemonstrationError(
            f"{path} holds no topic that can be read",
            got=", ".join(f"{name} ({kind})" for name, kind in everything.items()) or "no topics",
            expected=" or ".join(kind.rpartition("/")[2] for kind in KINDS),
        )
    if topic:
        names = [name for name in found if name.strip("/") == topic.strip("/")]
        if not names:
            raise DemonstrationError(
                f"{path} holds no such topic", got=f"'{topic}'", expected=f"one of {listed}"
            )
        return names[0]
    likely = [name for name, kind in found.items() if kind not in ASIDE] or list(found)
    if len(likely) > 1:
        raise DemonstrationError(
            f"{path} holds several topics that can be read",
            got=listed,
            expected="one",
            advice=f"name it: '{path}?{likely[0]}'",
        )
    return likely[0]


Body = tuple[str, ...]
"""Parent and child frame of a transform; empty for what is no transform."""


class _Series:
    """The samples of one body, as they come."""

    def __init__(self) -> None:
        self.stamps, self.arrivals = array("q"), array("q")
        self.numbers: dict[tuple[str, ...], array[float]] = {}
        self.rows: dict[tuple[str, ...], array[int]] = {}
        self.frames: set[str] = set()

    def add(self, sample: Sample, arrival: int) -> None:
        """Take one more sample."""
        if not sample.labels:
            return
        stamp = 0
        if sample.header is not None:
            stamp = sample.header.stamp.sec * NANOSECONDS + sample.header.stamp.nanosec
            self.frames.add(sample.header.frame_id)
        if sample.labels not in self.numbers:
            self.numbers[sample.labels], self.rows[sample.labels] = array("d"), array("q")
        if len(sample.labels) != len(sample.values) or len(self.numbers) > 1000:
            raise ValueError(f"{len(sample.labels)} names for {len(sample.values)} positions")
        self.numbers[sample.labels].extend(sample.values)
        self.rows[sample.labels].append(len(self.stamps))
        self.stamps.append(stamp)
        self.arrivals.append(arrival)

    def add_all(
        self, first: Sample, stamps: NDArray[np.int64], values: Array, arrivals: list[int]
    ) -> None:
        """Take many samples that are like the first one; stamps in ns."""
        self.frames.add(first.header.frame_id)
        numbers = self.numbers.setdefault(first.labels, array("d"))
        rows = self.rows.setdefault(first.labels, array("q"))
        rows.extend(range(len(self.stamps), len(self.stamps) + len(stamps)))
        numbers.frombytes(values.tobytes())
        self.stamps.frombytes(stamps.tobytes())
        self.arrivals.extend(arrivals)

    def recording(self, name: str, where: str) -> Recording:
        """Return all samples; what a message does not mention is empty in its row."""
        if not self.stamps:
            raise DemonstrationError(f"{where} is empty", got="0 messages")
        labels = tuple(dict.fromkeys(label for names in self.numbers for label in names))
        stamps = np.frombuffer(self.stamps, dtype=np.int64)
        arrivals = np.frombuffer(self.arrivals, dtype=np.int64)
        values, present = self._table(labels)
        return Recording(
            name, where, labels, values, stamps, "ns", arrivals, present, row="message {}".format
        )

    def _table(self, labels: tuple[str, ...]) -> tuple[Array, NDArray[np.bool_] | None]:
        if len(self.numbers) == 1:
            (numbers,) = self.numbers.values()
            return np.frombuffer(numbers).reshape(-1, len(labels)), None
        values = np.full((len(self.stamps), len(labels)), np.nan)
        for names, numbers in self.numbers.items():
            columns = [labels.index(each) for each in names]
            rows = np.frombuffer(self.rows[names], dtype=np.int64)
            values[rows[:, None], columns] = np.frombuffer(numbers).reshape(-1, len(names))
        present = ~np.isnan(values)
        return values, None if present.all() else present


def _read_series(reader: Any, topic: str, kind: str, where: str) -> dict[Body, _Series]:
    """Return the samples on a topic by body."""
    series: dict[Body, _Series] = {}
    connections = [c for c in reader.connections if c.topic == topic]
    messages = reader.messages(connections)
    if kind in FIXED and reader.is2:
        return {(): _read_blocks(reader, messages, kind)}
    for connection, arrival, raw in messages:
        message = reader.deserialize(raw, connection.msgtype)
        if kind == PATH:  # Each message holds the whole way so far.
            series.clear()
        for sample in KINDS[kind](message):
            body = (sample.header.frame_id, sample.body) if sample.body else ()
            series.setdefault(body, _Series()).add(sample, arrival)
    if not series:
        raise DemonstrationError(f"{where} is empty", got="0 messages")
    return series


def _read_blocks(reader: Any, messages: Iterator[Any], kind: str) -> _Series:
    """Return the samples of messages that are mostly alike, many at once: ten times as fast."""
    series = _Series()
    while block := list(itertools.islice(messages, BLOCK)):
        decoded = decode_block(kind, [raw for _, _, raw in block])
        (first,) = KINDS[kind](reader.deserialize(block[0][2], kind))
        if decoded is None or decoded[1][0].tolist() != first.values:
            for _, arrival, raw in block:
                (sample,) = KINDS[kind](reader.deserialize(raw, kind))
                series.add(sample, arrival)
        else:
            series.add_all(first, *decoded, [arrival for _, arrival, _ in block])
    if not series.stamps:
        raise DemonstrationError("a topic is empty", got=f"0 messages of {kind}")
    return series


def _choose_body(path: Path, topic: str, bodies: list[Body], pair: str) -> Body:
    """Return the transform to read."""
    names = ["->".join(body) for body in bodies]
    found = [
        body
        for body, name in zip(bodies, names, strict=True)
        if not pair or pair == name or body[-1:] == (pair,)
    ]
    if len(found) == 1:
        return found[0]
    raise DemonstrationError(
        f"{topic} in {path} holds {'several transforms' if found else 'no such transform'}",
        got=pair or ", ".join(names),
        expected="one" if found else f"one of {', '.join(names)}",
        advice=f"name it: 'SOURCE?{topic}{PAIR}{names[0]}'" if names[0] else "",
    )
