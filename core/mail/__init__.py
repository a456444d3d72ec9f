"""Mail: the queue, the messages made of it, signed links, and what redaction does to it."""
