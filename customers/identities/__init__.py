"""Channel identities: add, claim, share, release and flag them."""
