"""Uploads: documents that are sent to an inventory, read and matched in the background."""
