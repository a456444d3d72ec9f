"""Deployment reports: what happened when updates were installed."""
