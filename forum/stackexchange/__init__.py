"""Import of Stack Exchange dumps: members, questions, answers, comments, tags and links."""
