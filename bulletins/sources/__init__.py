"""Sources: addresses of other sites from which the worker fetches advisories, catalogues and life cycles.

None is on by default; administrators switch them on in /admin/sources, in the API or in the shell.
"""
