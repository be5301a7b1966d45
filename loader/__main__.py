"""`python -m loader` is `loader`."""

from loader.cli.main import main

if __name__ == "__main__":
    main()
