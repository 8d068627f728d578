"""What Argo CD answers to the catalogue's questions: pure functions over what was read. The asking is in witness.py."""
