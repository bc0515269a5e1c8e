"""ANSWERING: a small inference server for a model repository. It imports neither torch nor what trains and exports."""
