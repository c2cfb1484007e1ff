"""What an invited guest sees: plain pages, Chinese first, without script and without anything from elsewhere."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from guibin.policy.texts import Text
from guibin.surveys.pages import both, page

from .answering import Guest
from .queries import InvitationView

_INVITATION = Text("诚邀您参加", "You are invited")
_ACCEPT = Text("参加", "I will come")
_DECLINE = Text("不能参加", "I cannot come")
_COMPANIONS = Text("同行人数", "Companions")
_TIME, _PLACE = Text("时间", "Time"), Text("地点", "Place")
_PLACED = Text("已为您预留席位，期待您的光临。", "Your place is reserved. We look forward to seeing you.")
_WAITING = Text(
    "名额已满，您已进入候补名单，一有空位即通知您。",
    "All places are taken. You are on the waiting list and will be told.",
)
_DECLINED = Text("感谢您的回复，期待下次再会。", "Thank you for telling us. We hope to see you another time.")
_CHOOSE = Text("请选择是否参加，以及同行人数。", "Please choose whether you will come, and with how many.")
_SEND = Text("提交", "Send")


def invitation(guest: Guest, company: str, time_zone: str, wrong: bool = False) -> bytes:
    """What, when and where, and the two answers."""
    companions = ""
    if guest.companions_max:
        options = "".join(f"<option>{count}</option>" for count in range(guest.companions_max + 1))
        companions = f'<label>{both(_COMPANIONS)} <select name="companions">{options}</select></label>'
    complaint = f"<p class=wrong>{both(_CHOOSE)}</p>" if wrong else ""
    return page(
        _INVITATION,
        f"<p>{escape(company)}</p><h2>{escape(guest.title)}</h2><p>{escape(guest.text)}</p>"
        f"<p>{both(_TIME)}: {_when(guest.starts_at, guest.ends_at, time_zone)}<br>"
        f"{both(_PLACE)}: {escape(guest.place)}</p>{complaint}"
        f'<form method="post"><fieldset><label><input type="radio" name="answer" value="yes" required> {both(_ACCEPT)}'
        f'</label><label><input type="radio" name="answer" value="no"> {both(_DECLINE)}</label>{companions}</fieldset>'
        f'<button type="submit">{both(_SEND)}</button></form>',
    )


def answered(found: InvitationView) -> bytes:
    """What the answer led to."""
    said = {"confirmed": _PLACED, "waiting": _WAITING}.get(found.state, _DECLINED)
    return page(_INVITATION, f"<p>{both(said)}</p>")


def refused(reason: Text) -> bytes:
    """The answer cannot be taken, and why."""
    return page(_INVITATION, f"<p class=wrong>{both(reason)}</p>")


def _when(starts_at: datetime, ends_at: datetime, time_zone: str) -> str:
    zone = ZoneInfo(time_zone)
    return f"{starts_at.astimezone(zone):%Y-%m-%d %H:%M} – {ends_at.astimezone(zone):%Y-%m-%d %H:%M}"
