"""What requests and untrusted input may cost: sizes, rates, slots and budgets."""
