from . import log_ins, people, tokens

__all__ = ["log_ins", "people", "tokens"]
