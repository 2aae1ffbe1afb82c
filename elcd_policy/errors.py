"""Errors of the library: one root, each says what was got, what was expected, what to do."""

from __future__ import annotations

LONGEST = 480
"""Characters of an error's text, whatever a file made it quote."""


class ElcdError(Exception):
    """Root of all errors that a user can cause and mend.

    Parameters
    ----------
    problem : what is wrong, in one clause.
    got : what was found.
    expected : what would have been right.
    advice : what to do about it.

    ``str(error)`` is one line: ``problem: got ..., expected ...; advice``.
    """

    def __init__(
        self, problem: str, *, got: object = None, expected: object = None, advice: str = ""
    ) -> None:
        self.problem, self.got, self.expected, self.advice = problem, got, expected, advice
        facts = []
        if got is not None:
            facts.append(f"got {got}")
        if expected is not None:
            facts.append(f"expected {expected}")
        text = problem
        if facts:
            text += ": " + ", ".join(facts)
        if advice:
            text += f"; {advice}"
        super().__init__(_shorten(" ".join(text.split())))


def _shorten(text: str) -> str:
    """Return a text of at most `LONGEST` characters, the middle of longer ones left out."""
    if len(text) <= LONGEST:
        return text
    begin, end = 3 * LONGEST // 5, LONGEST // 3
    return f"{text[:begin]} ... {text[-end:]}"


class DemonstrationError(ElcdError):
    """A demonstration, or a source of demonstrations, that can't be used."""


class PolicyFileError(ElcdError):
    """A policy file that is missing, damaged, foreign or newer than this library."""


class DetectorFileError(ElcdError):
    """A goal detector's file that is missing, damaged, foreign or newer than this library."""


class SkillFileError(ElcdError):
    """A skill classifier's file that is missing, damaged, foreign or newer than this library."""


class TrainingError(ElcdError):
    """Training that can't start, or that did not end in a usable policy."""


class ExportError(ElcdError):
    """A policy that can't be exported."""


class CertificateError(ElcdError):
    """A bound that was asked for and could not be found."""


class CompressionError(ElcdError):
    """A model that can't be quantised, or a file of quantised weights that can't be read."""


class ShapeError(ElcdError):
    """A tensor or array of the wrong shape."""


class ParameterError(ElcdError):
    """A parameter outside its range, or an unknown name."""


class MissingExtraError(ElcdError):
    """An optional dependency that is not installed.

    Parameters
    ----------
    module : the module that could not be imported.
    extra : the extra of this package that brings it.
    note : what else there is to know, such as supported Python versions.
    """

    def __init__(self, module: str, extra: str, note: str = "") -> None:
        super().__init__(
            f"the module '{module}' is not installed",
            advice=f"install it with: pip install 'elcd_policy[{extra}]'"
            + (f" ({note})" if note else ""),
        )
        self.module, self.extra = module, extra
