"""Text: Markdown to safe HTML, HTML to Markdown, and characters that cannot be seen."""
