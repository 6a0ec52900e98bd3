"""What is learned: the activity detector, its backbones, the local language model, and their training."""
