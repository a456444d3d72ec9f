"""Appeals: the author of a removed post asks for it back, once for each state of it."""
