"""Early recognition of the LASA shapes, by every model on the same inputs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elcd_policy.sequence import (
    LipschitzRNN,
    LoadedSkills,
    Recognition,
    SkillMetadata,
    SkillTraining,
    fit_skills,
    load_skills,
    load_skills_file,
    save_skills,
)
from elcd_policy.sequence.skill_classifier import EPS, RATE, READOUT, motion_features
from elcd_policy.sequence.skill_data import Motion
from elcd_policy.sequence.skill_training import SHARES, accuracy_by_share, train

from .models import MODELS, hidden_size, parameters

#: m of a robot for a mm drawn; how fast motions are shown, of how they were drawn.
SIZE, SPEEDS = 0.003, (1.0, 1.6)
#: s at rest, before and after a motion.
REST = 1.0


class GestureReader(nn.Module):
    """A `SkillClassifier` with another recurrent part, for whole motions only."""

    def __init__(self, name: str, dimension: int, skills: int, rate: float) -> None:
        super().__init__()
        hidden = hidden_size(name, 2 * dimension)
        self.rate = rate
        self.recurrent: nn.Module
        if name == "Lipschitz RNN, stable":
            self.recurrent = LipschitzRNN(2 * dimension, hidden, eps=EPS, gamma_A=RATE, stable=True)
        else:
            self.recurrent = MODELS[name](2 * dimension, hidden, EPS)
        self.readout = nn.Sequential(
            nn.Linear(hidden, READOUT), nn.ReLU(), nn.Linear(READOUT, skills)
        )

    def forward(self, position: Tensor, time: Tensor) -> Tensor:
        """See `SkillClassifier.forward`."""
        seen, _ = motion_features(position, time)
        return torch.log_softmax(self.readout(self.recurrent(seen)[0]), dim=2)


def score_classifier(epochs: int | None = None) -> dict[str, Any]:
    """Return the classifier that ``elcd skills lasa`` makes, on the same motions.

    Parameters
    ----------
    epochs : in place of its own, to try.
    """
    skills = load_skills(["lasa"], held_out=2)
    settings = SkillTraining() if epochs is None else SkillTraining(epochs=epochs)
    begin = time.process_time()
    model = fit_skills(skills, settings, progress=False)
    cpu = time.process_time() - begin
    accuracy, confidence = accuracy_by_share(model, skills.held_out, settings.rate)
    certificate = model.recurrent.certificate()
    metadata = SkillMetadata(
        labels=skills.labels,
        dimension=skills.dimension,
        rate=model.rate,
        sources=skills.sources,
        seed=0,
        certificate=certificate.to_dict(),
    )
    with tempfile.TemporaryDirectory() as folder:
        loaded = load_skills_file(save_skills(model, metadata, Path(folder) / "skills.pt"))
    return {
        "epochs": settings.epochs,
        "cpu_s": round(cpu, 1),
        "shares": list(SHARES),
        "accuracy": accuracy.tolist(),
        "confidence": confidence.tolist(),
        "certificate": certificate.to_dict(),
        "named": [
            {"speed": speed, **name_stream(loaded, skills.held_out, speed)} for speed in SPEEDS
        ],
    }


def name_stream(skills: LoadedSkills, motions: Sequence[Motion], speed: float) -> dict[str, Any]:
    """Name a stream of positions as skill_node does, by its defaults.

    Returns
    -------
    How many motions are named ``right`` and ``wrong`` (the others never), and ``share``, the
    median share of a motion that had passed then.
    """
    right, shares = 0, []
    for motion in motions:
        recognition, duration = Recognition(skills), motion.time[-1] / speed
        for k in range(int((duration + 2 * REST) * skills.metadata.rate)):
            passed = k / skills.metadata.rate - REST
            place = [np.interp(passed * speed, motion.time, axis) for axis in motion.position.T]
            name = recognition.add(passed, SIZE * np.array(place))
            if name:
                right += name == skills.metadata.labels[motion.label]
                shares.append(min(1.0, passed / duration))
                break
    return {
        "motions": len(motions),
        "right": right,
        "wrong": len(shares) - right,
        "share": float(np.median(shares)) if shares else None,
    }


def recognise(name: str, seed: int, epochs: int) -> dict[str, Any]:
    """Train one model on five of each shape's demonstrations, score it on the other two."""
    skills = load_skills(["lasa"], held_out=2)
    settings = SkillTraining(epochs=epochs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GestureReader(name, skills.dimension, len(skills.labels), settings.rate)
    begin = time.process_time()
    train(model, skills.shown, settings, np.random.default_rng(seed), progress=False)
    cpu = time.process_time() - begin
    accuracy, confidence = accuracy_by_share(model, skills.held_out, settings.rate)
    return {
        "epochs": epochs,
        "parameters": parameters(model),
        "cpu_s": round(cpu, 2),
        "shares": list(SHARES),
        "accuracy": accuracy.tolist(),
        "confidence": confidence.tolist(),
    }
