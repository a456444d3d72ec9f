"""What the site shows of itself: logs, metrics, gauges, hourly history and heartbeats."""
