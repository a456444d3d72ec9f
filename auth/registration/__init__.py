"""Registrations until their address is confirmed."""
