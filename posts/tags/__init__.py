"""Tags: who may create one, what it is for, how many posts carry it."""
