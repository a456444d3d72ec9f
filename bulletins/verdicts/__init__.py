"""What bulletins say of the versions that members have, and corrections of it."""
