"""The reference of the environment variables, made from the code that reads them."""
