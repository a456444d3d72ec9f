"""Formats that packages share: iCalendar, Atom, CSV and front matter."""
