"""Appeals: the author of a removed post asks moderators to restore it."""
