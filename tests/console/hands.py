"""Somebody at a keyboard: nothing is clicked, nothing is filled in but by keys, everything is reached by Tab or by its own key."""

from typing import Any

ON = "() => document.activeElement && document.activeElement.matches(%r)"
TABS_MAX = 120


class Hands:
    """Two hands on the keyboard of a window; what they see is read from the page."""

    def __init__(self, window: Any) -> None:
        self.window = window
        self.page = window.page

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        self.window.press(*keys)

    def type(self, text: str) -> None:
        """Letters into whatever has the focus."""
        self.page.keyboard.type(text)

    def to(self, selector: str, *, back: bool = False) -> None:
        """Tab until the focus is there; it must be reachable so."""
        self.page.wait_for_selector(selector)
        for _ in range(TABS_MAX):
            if self.page.evaluate(ON.replace("%r", repr(selector))):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{selector} is not reached by Tab")

    def write(self, selector: str, text: str) -> None:
        """Into a field, in place of what stood there."""
        self.to(selector)
        self.press("Control+a")
        self.type(text)

    def choose(self, selector: str, *, words: str = "", value: str = "", steps: int = 0) -> str:
        """One of a list's entries by arrow: the one that begins with these words or stands for this value, or so many steps
        down; what it says."""
        self.to(selector)
        field = self.page.locator(selector)
        said = "field => field.selectedOptions[0].innerText"
        for _ in range(steps or TABS_MAX):
            if value and field.input_value() == value:
                break
            if words and field.evaluate(said).strip().startswith(words):
                break
            self.press("ArrowDown")
        chosen = str(field.evaluate(said)).strip()
        assert field.input_value() == value or not value, f"{selector} has no {value}"
        assert chosen.startswith(words), f"{selector} has no {words}"
        return chosen

    def go(self, *keys: str, to: str) -> None:
        """G and a letter, or another key that leads to a page where `to` stands."""
        self.press(*keys)
        self.sees(to)

    def find(self, words: str) -> list[str]:
        """Ctrl K, and what is found for these words."""
        self.press("Control+k")
        self.sees("#find[open]")
        self.press("Control+a")
        self.type(words)
        self.page.wait_for_selector(f'#found [data-for="{words}"]', state="attached")
        return [each.strip() for each in self.page.locator("#found [role=option]").all_inner_texts()]

    def open_found(self, words: str, to: str) -> None:
        """Ctrl K, the first of what is found."""
        assert self.find(words), f"nothing is found for {words}"
        self.go("Enter", to=to)

    def ask(self, key: str) -> None:
        """What a key does asks first."""
        self.press(key)
        self.sees("#dialog[open] form")

    def send(self) -> str:
        """Ctrl Enter; what the page says when it is done."""
        self.page.evaluate("() => document.querySelector('#said').replaceChildren()")
        self.press("Control+Enter")
        self.page.wait_for_selector("#dialog:not([open])", state="attached")
        self.page.wait_for_selector(".g-toast")
        return self.reads(".g-toast span")

    def sees(self, selector: str) -> None:
        """Waits until it stands there."""
        self.page.wait_for_selector(selector)

    def reads(self, selector: str = "#main") -> str:
        """What stands there."""
        return str(self.page.locator(selector).first.inner_text())

    def count(self, selector: str) -> int:
        """How many of it stand there."""
        return int(self.page.locator(selector).count())
