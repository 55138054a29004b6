"""Utilities that know nothing about the product's domain."""
