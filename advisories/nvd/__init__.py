"""Records of the National Vulnerability Database, API 2.0."""
