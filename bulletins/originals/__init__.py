"""Documents as their issuers published them: stored unchanged, and mirrored as a CSAF aggregator does."""
