"""Rollout plans: a member's dates for the updates of a month."""
