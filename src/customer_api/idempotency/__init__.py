"""Answering a repeated request like the first time, without doing its work again."""
