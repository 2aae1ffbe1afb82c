"""Admission of a policy: its certificate vouches for its weights, and it does its motion."""

from __future__ import annotations

from elcd_policy import LoadedPolicy
from elcd_policy.certificate import certificate_fault
from elcd_policy.errors import PolicyFileError
from elcd_policy.evaluation import fit_fault


def check_certificate(policy: LoadedPolicy, path: str, allow_uncertified: bool) -> str:
    """Return why nothing vouches for a policy that is let in; empty if its certificate does.

    Parameters
    ----------
    policy : from ``path``.
    path : of the file, for the message.
    allow_uncertified : let it in without a certificate.

    Raises
    ------
    PolicyFileError
        If the file has no valid certificate for its weights, and that is not allowed.
    """
    fault = certificate_fault(policy)
    if fault and not allow_uncertified:
        raise PolicyFileError(
            f"the policy in {path} is not certified",
            got=fault,
            expected="a valid certificate for its weights",
            advice="`elcd train` and `elcd.save` store one; `elcd certify` says what is "
            "wrong; allow_uncertified:=true serves it all the same",
        )
    return fault


def check_fit(policy: LoadedPolicy, path: str, allow_unfit: bool) -> str:
    """Return why a policy that is let in all the same does not do its motion; empty if it does.

    A file in which nobody judged that is let in.

    Parameters
    ----------
    policy : from ``path``.
    path : of the file, for the message.
    allow_unfit : let it in although it does not follow its demonstrations.

    Raises
    ------
    PolicyFileError
        If the file says that its motion is not followed, and that is not allowed.
    """
    fault = fit_fault(policy.metadata.fit)
    if fault and not allow_unfit:
        raise PolicyFileError(
            f"the policy in {path} does not do what was shown",
            got=fault,
            expected="a policy that follows its demonstrations",
            advice="allow_unfit:=true serves it all the same",
        )
    return fault
