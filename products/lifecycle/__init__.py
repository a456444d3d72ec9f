"""Life cycles: phases of releases, what ends when, and the timeline."""
