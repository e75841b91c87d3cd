"""The CX-Customer APIs, and the calls under /api/ that go beyond them."""
