"""Who is let in: a policy file whose certificate vouches for its weights."""

from __future__ import annotations

from elcd_policy import LoadedPolicy
from elcd_policy.certificate import certificate_fault
from elcd_policy.errors import PolicyFileError


def doubt(policy: LoadedPolicy, path: str, allow_uncertified: bool) -> str:
    """Why nothing vouches for a policy that is let in all the same; empty if its certificate does.

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
