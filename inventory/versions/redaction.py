"""Columns of installed versions that redaction masks."""

from core import redaction
from inventory.versions.models import InstalledName, InstalledVersion

redaction.register_text(InstalledVersion, "name", "vendor", "version", "purl", "cpe")
redaction.register_text(InstalledName, "key")
redaction.register_without_text(InstalledVersion, "digest")
