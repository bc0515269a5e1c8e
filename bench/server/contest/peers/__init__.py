"""The other servers, each as its documentation writes it: one file that its own environment runs."""
