"""One module per area of the command line; `speecht5_demo.cli` mounts them."""
