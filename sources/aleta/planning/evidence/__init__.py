"""What answers showed, what counts as whole, and what is proven cut: what trials and strict reading rest on. Pure."""
