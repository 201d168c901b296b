"""``python -m studio``: Weft without a browser."""

from studio.cli import main

if __name__ == "__main__":
    main()
