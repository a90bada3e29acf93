"""The version of the package; it names the release of Feast whose bytes and calls it matches."""

from importlib.metadata import PackageNotFoundError, version


def get_version() -> str:
    """The installed version, or the one of this source tree."""
    try:
        return version("feast")
    except PackageNotFoundError:
        return "0.67.0"
