"""The machine under the cases."""
