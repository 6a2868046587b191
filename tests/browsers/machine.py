"""A browser that is open, whichever it is."""

from abc import ABC, abstractmethod

from selenium.webdriver.remote.webdriver import WebDriver


class Machine(ABC):
    """What differs between the browsers, beside the driver that is the same."""

    def __init__(self, driver: WebDriver) -> None:
        self.driver = driver

    @abstractmethod
    def faults(self) -> list[str]:
        """Return the errors in the console since this was asked, those of the CSP, too."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page this many pixels."""
