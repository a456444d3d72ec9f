"""Several inventories of a member, and sharing them with others by invitation."""
