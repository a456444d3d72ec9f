"""OpenVEX documents (https://github.com/openvex/spec)."""
