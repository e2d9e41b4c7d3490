"""Who a listener is to the server: an id that nobody can guess, bound to the browser that holds its token."""

import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable

from speecht5_demo.listening.assignment import Trial
from speecht5_demo.listening.balance import CANDIDATES, Balance
from speecht5_demo.listening.ledger import Ledger
from speecht5_demo.listening.tickets import Signer

MOST_SESSIONS, WITHIN_S = 300, 3600.0
"""Sessions that one address may begin in that time: several classrooms behind one router, no flood."""
MANY, MINUTE_S = 10, 60.0
"""More sessions than that from one address within a minute are marked: a classroom, or a script."""
MOST_ADDRESSES = 10_000


class Listeners:
    """Ids for those who come, from the study's secret and what they come with."""

    def __init__(
        self,
        signer: Signer,
        ledger: Ledger,
        plan: Callable[[str], tuple[Trial, ...]],
        session_id: Callable[[str], str],
    ) -> None:
        self._signer = signer
        self._ledger = ledger
        self._plan = plan
        self._session_id = session_id
        self._balance, self._balanced, self._balancing = Balance(), set[str](), threading.Lock()

    def newcomer(self, name: str) -> str:
        """A listener id for what somebody comes with: of several possible ones that which the study needs most.

        There is no way back from the id without the secret.
        """
        candidates = self._candidates("visit", name)
        return self._taken(candidates) or self._best(candidates)

    def participant(self, name: str, known: str | None) -> str | None:
        """The listener id of a platform's participant.

        A session that was begun belongs to the browser that holds its token: None for any other.

        Args:
            known: the listener whose token the browser holds.
        """
        candidates = self._candidates("participant", name)
        if taken := self._taken(candidates):
            return taken if known == taken else None
        return known if known in candidates else self._best(candidates)

    def _candidates(self, what: str, name: str) -> list[str]:
        derived = (self._signer.name(what, f"{name}/{k}") for k in range(CANDIDATES))
        return [str(uuid.UUID(bytes=each, version=4)) for each in derived]

    def _taken(self, candidates: list[str]) -> str | None:
        begun = self._ledger.sessions()
        return next((one for one in candidates if self._session_id(one) in begun), None)

    def _best(self, candidates: list[str]) -> str:
        begun = self._ledger.sessions()
        # Who comes back after a deletion is somebody new.
        candidates = [
            one for one in candidates if not self._ledger.is_deleted(self._session_id(one))
        ] or candidates
        with self._balancing:
            for session_id in begun.keys() - self._balanced:
                self._balance.add(self._plan(begun[session_id].columns["listener_id"]))
                self._balanced.add(session_id)
            return candidates[self._balance.best(map(self._plan, candidates))]


class SessionLimit:
    """How many sessions one address begins; remembered in memory only, and for an hour."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._begun: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, address: str) -> int | None:
        """Count one more session, and return how many the address began in the last minute; None: too many in all.

        An unknown address is not limited.
        """
        if not address:
            return 0
        now = time.monotonic()
        with self._lock:
            times = self._begun.setdefault(address, deque())
            self._begun.move_to_end(address)
            while len(self._begun) > MOST_ADDRESSES:
                self._begun.popitem(last=False)
            while times and times[0] < now - WITHIN_S:
                times.popleft()
            if len(times) >= self._most:
                return None
            times.append(now)
            return sum(when > now - MINUTE_S for when in times)

    def take_back(self, address: str) -> None:
        """A session that was counted did not begin."""
        with self._lock:
            if times := self._begun.get(address):
                times.pop()


def steady_clock() -> Callable[[], float]:
    """Seconds since 1970 that never go back while this process lives, whatever is done to the machine's clock."""
    offset = time.time() - time.monotonic()
    return lambda: offset + time.monotonic()
