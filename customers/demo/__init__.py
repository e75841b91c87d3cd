"""Made-up customers to try the product with, and to measure it."""
