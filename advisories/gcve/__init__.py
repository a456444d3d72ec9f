"""GCVE: vulnerability records of numbering authorities (BCP-05)."""
