"""The torch side: the network, its tokenizer, its prediction backend."""
