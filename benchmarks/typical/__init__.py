"""The yardstick above: the lookup as most projects would write it with REST framework."""
