"""An Argo CD API server that answers as a recorded 3.6 did."""
