"""Import and export of articles as Markdown files, whatever dialect they are written in."""
