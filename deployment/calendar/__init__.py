"""The patch calendar: months, patch days and due dates."""
