"""The JSON form of Microsoft's patch months (api.msrc.microsoft.com)."""
