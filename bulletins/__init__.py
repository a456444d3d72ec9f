"""Security bulletins: what is broken, who is affected and what to do, patch or no patch."""
