"""Sound bounds over sets: every motion from a box of starts, with no samples.

The way in is `elcd_policy.certificate.reach.enclose_reach`.
"""
