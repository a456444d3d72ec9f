"""Security log: logins, failures, refused requests, role changes, tokens, administrative actions.

Append-only (enforced by the database) and free of secrets: a row has the kind of event, the account, the
actor and a few plain facts. Client addresses are in a table of their own and are deleted after a short time.
"""
