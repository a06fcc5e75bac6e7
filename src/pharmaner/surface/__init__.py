"""What words look like, learned beside the encoder, with numpy alone."""
