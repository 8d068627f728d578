"""How the tables came to be, step by step; each file of `versions` is one step and is never changed afterwards."""
