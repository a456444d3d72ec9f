"""GCVE: vulnerability records of numbering authorities (BCP-05), assertions of exploitation (BCP-07)."""
