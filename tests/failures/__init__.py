"""The site as processes that are ended while people write: what was acknowledged must be there."""
