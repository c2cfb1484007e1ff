"""A report as a page to be printed: one file, no script, nothing from elsewhere."""

import base64
import hashlib
from html import escape

from .figures import Definition
from .reports import FigureLine, Report
from .workbooks import Say

STYLE = (
    'body{font:14px/1.6 "Noto Sans SC","Microsoft YaHei","PingFang SC",sans-serif;margin:2rem auto;max-width:60rem;'
    "padding:0 1rem;color:#222}h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.1rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #bbb;padding:.3rem .5rem;text-align:left}"
    "td.n{text-align:right}tr{break-inside:avoid}.no{color:#b00020;font-weight:600}.note{color:#666}"
    "svg{height:.8rem;width:8rem}rect.of{fill:#ddd}rect.is{fill:#2f6db5}@media print{body{margin:0;max-width:none}}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# The page may use its own style and nothing else.
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(found: Report, say: Say, *, language: str) -> bytes:
    """The report in the reader's language, its definitions printed below the figures."""
    closed = f"{say('insight.closed_at')} {found.closed_at:%Y-%m-%d %H:%M}Z" if found.closed_at else say("insight.open")
    names = ("figure", "value", "before", "target", "met", "restated", "clause")
    heads = [f"insight.{name}" for name in names]
    return (
        f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(found.title)} {escape(found.period)}</title>'
        f"<style>{STYLE}</style><h1>{escape(found.title)}</h1>"
        f'<p class="note">{escape(found.period)} · {escape(found.org_unit_name)} · {escape(say("insight.as_of"))}'
        f" {found.as_of:%Y-%m-%d %H:%M}Z · {escape(closed)}</p><table><thead><tr>"
        f"{''.join(f'<th>{escape(say(name))}</th>' for name in heads)}</tr></thead>"
        f"<tbody>{''.join(_row(one, say) for one in found.figures)}</tbody></table>"
        f"{''.join(_groups(one, say) for one in found.figures if one.shares)}"
        f"<h2>{escape(say('insight.definitions'))}</h2><table><tbody>"
        f"{''.join(_definition(one.definition, say) for one in found.figures)}</tbody></table></html>"
    ).encode()


def worded(value: float | None, unit: str) -> str:
    """A figure as people read it: a share in per cent, a count as it is, a dash when it is not shown."""
    if value is None:
        return "—"
    return f"{value / 10:.2f}%" if unit == "per_mille" else f"{value:,.0f}"


def _row(one: FigureLine, say: Say) -> str:
    unit = one.definition.unit
    target = one.definition.target_per_mille
    wanted = "" if target is None else f"{'&lt;' if one.definition.good == 'below' else '≥'} {target / 10:.1f}%"
    met = {True: say("insight.yes"), False: say("insight.no"), None: say("insight.few") if one.few else ""}[one.met]
    restated = worded(one.restated.value, unit) if one.restated else ""
    return (
        f"<tr><td>{escape(one.definition.title)}</td>"
        f'<td class="n">{worded(one.value, unit)}{_fraction(one)}</td><td class="n">{worded(one.before, unit)}</td>'
        f'<td class="n">{wanted}</td><td{" class=no" if one.met is False else ""}>{escape(met)}</td>'
        f'<td class="n">{restated}</td><td>{escape(one.definition.clause)}</td></tr>'
    )


def _fraction(one: FigureLine) -> str:
    return "" if one.denominator is None else f' <span class="note">({one.numerator}/{one.denominator})</span>'


def _groups(one: FigureLine, say: Say) -> str:
    unit = one.definition.unit
    longest = max((share.value or 0 for share in one.shares), default=0) or 1
    rows = "".join(
        f'<tr><td>{escape(share.title)}</td><td class="n">{worded(share.value, unit)}</td>'
        f'<td class="n">{share.numerator}{"" if share.denominator is None else f"/{share.denominator}"}</td>'
        f'<td><svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="of" width="100" height="10"/>'
        f'<rect class="is" width="{100 * (share.value or 0) / longest:.1f}" height="10"/></svg></td></tr>'
        for share in one.shares
    )
    return f"<h2>{escape(one.definition.title)}</h2><table><tbody>{rows}</tbody></table>"


def _definition(words: Definition, say: Say) -> str:
    below = ""
    if words.denominator:
        below = f"<br>{escape(say('insight.denominator'))}：{escape(words.denominator_says)}"
    return (
        f"<tr><th>{escape(words.title)}</th><td>{escape(say('insight.numerator'))}："
        f"{escape(words.numerator_says)}{below}</td><td>{escape(words.clause)}</td></tr>"
    )
