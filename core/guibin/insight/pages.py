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


def page(report: Report, say: Say, *, language: str) -> bytes:
    """The report in the reader's language, its definitions printed below the figures."""
    closed = (
        f"{say('insight.closed_at')} {report.closed_at:%Y-%m-%d %H:%M}Z" if report.closed_at else say("insight.open")
    )
    names = ("figure", "value", "before", "target", "met", "restated", "clause")
    heads = [f"insight.{name}" for name in names]
    return (
        f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(report.title)} {escape(report.period)}</title>'
        f"<style>{STYLE}</style><h1>{escape(report.title)}</h1>"
        f'<p class="note">{escape(report.period)} · {escape(report.org_unit_name)} · {escape(say("insight.as_of"))}'
        f" {report.as_of:%Y-%m-%d %H:%M}Z · {escape(closed)}</p><table><thead><tr>"
        f"{''.join(f'<th>{escape(say(name))}</th>' for name in heads)}</tr></thead>"
        f"<tbody>{''.join(_row(line, say) for line in report.figures)}</tbody></table>"
        f"{''.join(_groups(line, say) for line in report.figures if line.shares)}"
        f"<h2>{escape(say('insight.definitions'))}</h2><table><tbody>"
        f"{''.join(_definition(line.definition, say) for line in report.figures)}</tbody></table></html>"
    ).encode()


def worded(value: float | None, unit: str) -> str:
    """A figure as people read it: a share in per cent, a count as it is, a dash when it is not shown."""
    if value is None:
        return "—"
    return f"{value / 10:.2f}%" if unit == "per_mille" else f"{value:,.0f}"


def _row(line: FigureLine, say: Say) -> str:
    unit = line.definition.unit
    target = line.definition.target_per_mille
    goal = "" if target is None else f"{'&lt;' if line.definition.good == 'below' else '≥'} {target / 10:.1f}%"
    met = {True: say("insight.yes"), False: say("insight.no"), None: say("insight.few") if line.few else ""}[line.met]
    restated = worded(line.restated.value, unit) if line.restated else ""
    return (
        f"<tr><td>{escape(line.definition.title)}</td>"
        f'<td class="n">{worded(line.value, unit)}{_fraction(line)}</td><td class="n">{worded(line.before, unit)}</td>'
        f'<td class="n">{goal}</td><td{" class=no" if line.met is False else ""}>{escape(met)}</td>'
        f'<td class="n">{restated}</td><td>{escape(line.definition.clause)}</td></tr>'
    )


def _fraction(line: FigureLine) -> str:
    return "" if line.denominator is None else f' <span class="note">({line.numerator}/{line.denominator})</span>'


def _groups(line: FigureLine, say: Say) -> str:
    unit = line.definition.unit
    longest = max((share.value or 0 for share in line.shares), default=0) or 1
    rows = "".join(
        f'<tr><td>{escape(share.title)}</td><td class="n">{worded(share.value, unit)}</td>'
        f'<td class="n">{share.numerator}{"" if share.denominator is None else f"/{share.denominator}"}</td>'
        f'<td><svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="of" width="100" height="10"/>'
        f'<rect class="is" width="{100 * (share.value or 0) / longest:.1f}" height="10"/></svg></td></tr>'
        for share in line.shares
    )
    return f"<h2>{escape(line.definition.title)}</h2><table><tbody>{rows}</tbody></table>"


def _definition(words: Definition, say: Say) -> str:
    below = ""
    if words.denominator:
        below = f"<br>{escape(say('insight.denominator'))}：{escape(words.denominator_says)}"
    return (
        f"<tr><th>{escape(words.title)}</th><td>{escape(say('insight.numerator'))}："
        f"{escape(words.numerator_says)}{below}</td><td>{escape(words.clause)}</td></tr>"
    )
