"""Where trials are trained: in worker processes, in this process, or all seeds of an arm as one program."""
