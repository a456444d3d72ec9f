// Loads the page's helpers.
