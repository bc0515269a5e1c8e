"""HTTP/1.1 of our own: connections, the requests that are read from them, and their end."""
