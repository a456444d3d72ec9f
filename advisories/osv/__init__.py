"""OSV records: GitHub, distributions, language ecosystems (https://ossf.github.io/osv-schema/)."""
