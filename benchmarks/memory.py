"""How much memory processes need while something runs."""

import threading

import psutil


class Watch:
    """The most memory of some processes since it began, above what each had then."""

    def __init__(self, *pids: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._before = self._used()
        self._peaks = list(self._before)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def mib(self) -> tuple[float, ...]:
        """In the order of the processes."""
        return tuple(round((peak - was) / 2**20, 1) for peak, was in zip(self._peaks, self._before, strict=True))

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self._peaks = [max(pair) for pair in zip(self._peaks, self._used(), strict=True)]

    def _used(self) -> list[int]:
        return [process.memory_full_info().uss for process in self._processes]
