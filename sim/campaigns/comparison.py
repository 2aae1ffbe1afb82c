"""The contracting fields beside other ways to move, in the very same disturbed episodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from elcd_policy import TrainingSettings, fit, load_demonstrations, save
from elcd_policy.fields import FIELDS

from ..baselines import CloningMotion, PrimitiveMotion, ReplayMotion
from ..episodes.control import Motion
from ..episodes.policy_motion import PolicyMotion
from ..episodes.scene import EpisodeSettings
from .campaign import run_campaign
from .campaign_result import CampaignResult
from .runner import Runner


def compare(
    runner: Runner,
    settings: EpisodeSettings,
    count: int,
    *,
    workers: int = 1,
    progress: bool = True,
    training: TrainingSettings | None = None,
) -> list[CampaignResult]:
    """Run one campaign for each method: the same starts, disturbances and seed.

    The runner's policy comes first, then a policy with the other field, trained now on the
    same demonstrations, then what has no guarantee: behaviour cloning, replay, primitive.

    Parameters
    ----------
    runner : of a `PolicyMotion`, whose file names the demonstrations.
    settings, count, workers, progress : see `run_campaign`.
    training : of the other field, and how long cloning trains.

    Raises
    ------
    DemonstrationError
        If the demonstrations of the policy can't be read any more.
    MissingExtraError
        If `movement_primitives` is not installed.
    """
    assert isinstance(runner.motion, PolicyMotion)
    source = runner.motion.policy.metadata.source
    with TemporaryDirectory() as folder:
        return [
            run_campaign(
                Runner(runner.scene, motion, runner.seed, runner.gui),
                settings,
                count,
                workers=workers,
                method=method,
                source=source,
                progress=progress,
            )
            for method, motion in build_motions(runner.motion, Path(folder), progress, training)
        ]


def build_motions(
    policy: PolicyMotion, folder: Path, progress: bool, training: TrainingSettings | None = None
) -> Iterator[tuple[str, Motion]]:
    """Yield name and motion of each method; policies trained on the way go to ``folder``."""
    facts = policy.policy.metadata
    demonstrations = load_demonstrations(facts.source)
    own = str(facts.guarantee["field"])
    primitive = PrimitiveMotion(demonstrations)  # before hours of work: it may not be installed
    yield own, policy
    for name, field in FIELDS.items():
        if field.__name__ != own:
            other = fit(demonstrations, name, settings=training, seed=facts.seed, progress=progress)
            path = folder / f"{name}.pt"
            save(other, path, placement=facts.placement, certify=False)
            yield field.__name__, PolicyMotion(path)
    parameters = sum(weight.numel() for weight in policy.policy.module.parameters())
    yield "behaviour cloning", CloningMotion(demonstrations, parameters, facts.seed, training)
    yield "timed replay", ReplayMotion(demonstrations)
    yield "DMP", primitive


def comparison_table(results: Sequence[CampaignResult]) -> str:
    """Format a row for each method, medians with 95 % quantiles, as Markdown."""
    first = results[0]
    lines = [
        f"{len(first.episodes)} episodes each on the {first.robot}, {first.source}, "
        f"seed {first.seed}; median (95 %)",
        "",
        "| method | recovered | peak deviation [mm] | time back [s] | end error [mm] "
        "| joint torque [N m] |",
        "|---|---|---|---|---|---|",
    ]
    for result in results:
        figures = result.summary()
        cells = [result.method, f"{100 * result.recovered_share:.0f} %"]
        for name in ("peak_deviation_mm", "return_time_s", "end_error_mm", "joint_torque"):
            middle, high = figures[name], figures[f"{name}_p95"]
            cells.append("-" if middle is None else f"{middle:.3g} ({high:.3g})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
