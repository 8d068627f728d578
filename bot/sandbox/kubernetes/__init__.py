"""A Kubernetes API server: lists, watches, bookmarks, 410 and Status errors as a recorded 1.36 gave them."""
