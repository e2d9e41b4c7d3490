"""What stands between the network and the pages: who is here, what may be asked, how much of it, with which headers."""
