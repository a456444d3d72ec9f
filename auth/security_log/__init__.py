"""What happened to accounts and to the site's security: log-ins, failures, refusals, roles, tokens, acts.

Rows are only ever added (the database refuses the rest) and hold no secret: an act, whom it concerns, who
did it, and a few plain facts. Addresses are in a table of their own, for a short time.
"""
