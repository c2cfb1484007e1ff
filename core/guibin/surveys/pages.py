"""What the answering customer sees: plain pages, Chinese first, without script and without anything from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from guibin.policy.packs import Policy
from guibin.policy.surveys import SurveyPolicy
from guibin.policy.texts import Text

from .answering import COMMENT_CHARS_MAX

STYLE = (
    'body{font:16px/1.7 "Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;margin:0 auto;max-width:40rem;'
    "padding:1rem;color:#222}h1{font-size:1.3rem}fieldset{border:1px solid #ccc;border-radius:.5rem;margin:1rem 0}"
    "legend{font-weight:600}label{display:block;padding:.25rem 0}textarea{width:100%;min-height:6rem;font:inherit;"
    "box-sizing:border-box}button{font:inherit;padding:.6rem 2rem;border:0;border-radius:.4rem;background:#2f6db5;"
    "color:#fff}.wrong{color:#b00020}small{color:#666}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
# Five answers, from 100 down to 0.
SCALE: tuple[tuple[int, Text], ...] = (
    (100, Text("非常满意", "very satisfied")),
    (75, Text("满意", "satisfied")),
    (50, Text("一般", "neither")),
    (25, Text("不满意", "dissatisfied")),
    (0, Text("非常不满意", "very dissatisfied")),
)
_COMMENT = Text("您的意见和建议（选填）", "What we should do better (optional)")
_SEND = Text("提交", "Send")
_THANKS = Text("感谢您的反馈！我们会认真改进。", "Thank you. We will act on it.")
_UNKNOWN = Text("链接无效、已使用或已过期。", "This link does not work, has been used or has expired.")
_BUSY = Text("访问过于频繁，请稍后再试。", "Too many requests. Please try again later.")
_MISSING = Text("请回答每一个问题。", "Please answer every question.")
_TOO_LONG = Text(f"意见请勿超过{COMMENT_CHARS_MAX}字。", f"At most {COMMENT_CHARS_MAX} characters, please.")
_FALLBACK = Text("客户满意度调查", "Satisfaction survey")


def form(survey: SurveyPolicy, company: str, policy: Policy, given: Mapping[str, str], wrong: str = "") -> bytes:
    """The questions; `given` keeps what was filled in, `wrong` says what is missing."""
    title = policy.texts.get(f"survey.{survey.name}") or _FALLBACK
    questions = "".join(
        _question(name, policy.texts.get(f"survey_question.{name}") or Text(name, name), given.get(name, ""))
        for name in survey.questions
    )
    comment = escape(given.get("comment", "")[: COMMENT_CHARS_MAX + 1])
    return page(
        title,
        f"<p>{escape(company)}</p>{f'<p class=wrong>{wrong}</p>' if wrong else ''}"
        f'<form method="post">{questions}<fieldset><legend>{both(_COMMENT)}</legend>'
        f'<textarea name="comment" maxlength="{COMMENT_CHARS_MAX}">{comment}</textarea></fieldset>'
        f'<button type="submit">{both(_SEND)}</button></form>',
    )


def missing() -> str:
    """A question was left out."""
    return both(_MISSING)


def too_long() -> str:
    """The comment is longer than is taken."""
    return both(_TOO_LONG)


def thanks() -> bytes:
    """The answer is kept."""
    return page(_FALLBACK, f"<p>{both(_THANKS)}</p>")


def unknown() -> bytes:
    """For every link that may not be answered, whatever the reason."""
    return page(_FALLBACK, f"<p>{both(_UNKNOWN)}</p>")


def busy() -> bytes:
    """Too many from one address."""
    return page(_FALLBACK, f"<p>{both(_BUSY)}</p>")


def _question(name: str, text: Text, given: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="{escape(name)}" value="{score}" required'
        f"{' checked' if given == str(score) else ''}> {both(word)}</label>"
        for score, word in SCALE
    )
    return f"<fieldset><legend>{both(text)}</legend>{choices}</fieldset>"


def both(text: Text) -> str:
    """A text in Chinese with its English beside it, escaped."""
    return escape(text.zh) if text.zh == text.en else f"{escape(text.zh)} <small lang=en>{escape(text.en)}</small>"


def page(title: Text, content: str) -> bytes:
    """A page of ours around content that is escaped already."""
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title.zh)}</title><style>{STYLE}</style><h1>{both(title)}</h1>{content}</html>"
    ).encode()
