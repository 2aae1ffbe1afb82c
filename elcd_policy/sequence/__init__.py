"""Recurrent networks in continuous time that say what is guaranteed of them."""

from .compressed_skills import compress_skills
from .lipschitz_rnn import LipschitzRNN
from .packed_sequence import packed_forward
from .recognition import NAMING, Guess, Recognition
from .skill_classifier import SkillClassifier
from .skill_data import SkillSet, load_skills
from .skill_file import (
    LoadedSkills,
    SkillMetadata,
    SkillStream,
    describe_skills,
    load_skills_file,
    save_skills,
)
from .skill_training import SkillTraining, fit_skills
from .stability import LayerStability, StabilityCertificate, layer_stability

__all__ = [
    "NAMING",
    "Guess",
    "LayerStability",
    "LipschitzRNN",
    "LoadedSkills",
    "Recognition",
    "SkillClassifier",
    "SkillMetadata",
    "SkillSet",
    "SkillStream",
    "SkillTraining",
    "StabilityCertificate",
    "compress_skills",
    "describe_skills",
    "fit_skills",
    "layer_stability",
    "load_skills",
    "load_skills_file",
    "packed_forward",
    "save_skills",
]
