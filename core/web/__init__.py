"""The web side: forms, fields, headers, errors, static files, and the embedded server."""
