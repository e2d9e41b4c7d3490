"""`python -m speecht5_demo`."""

from speecht5_demo.cli import main

if __name__ == "__main__":
    main()
