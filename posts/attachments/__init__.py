"""Attachments of posts: pictures shown in the text, and files to download (docs/attachments.md).

What a member sends is recognised by its content, never by its name. Pictures are decoded and written again
without metadata; all other files are downloads that no browser runs. Who may see a post may see its
attachments, and nobody else.
"""
