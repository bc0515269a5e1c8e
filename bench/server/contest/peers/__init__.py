"""The other servers, each as its documentation writes it: a file that its own environment runs."""
