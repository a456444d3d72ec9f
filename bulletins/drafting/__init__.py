"""The form of a bulletin: vulnerabilities, products and remedies as lines that moderators edit."""
