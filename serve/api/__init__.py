"""Routes, requests and answers."""
