"""The server as clients meet it: HTTP/1.1, gRPC, ASGI, Ray Serve."""
