"""Logs, metrics, gauges, hourly history and heartbeats."""
