"""What is read for each question of the catalogue, and given to `questions` to be answered."""
