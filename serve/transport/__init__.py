"""Connections: HTTP/1.1, gRPC, ASGI, Ray Serve."""
