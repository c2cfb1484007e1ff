"""An automation in one sentence, in either language; its parts are called as the pages of the policy call them."""

from collections.abc import Sequence
from typing import Any

from guibin.policy.automations import (
    AddsUp,
    Automation,
    ComesUp,
    Condition,
    EveryOf,
    HappenedBefore,
    HappenedOften,
    Happens,
    HoldsTier,
    Meets,
    NotOneOf,
    OfKind,
    Recurs,
    Says,
    SaysFrom,
    SaysUnder,
    SomeOf,
)
from guibin.policy.commands import (
    AddNote,
    AskApproval,
    AskDepartment,
    Command,
    Notify,
    OpenTask,
    Refuse,
    SendMessage,
    SetField,
    SetLevel,
    StartSurvey,
)
from guibin.policy.packs import Policy
from guibin.policy.texts import Text
from guibin.webhooks.kinds import known_kinds

_SPAN = {"day": Text("每天", "every day"), "week": Text("每周", "every week"), "month": Text("每月", "every month")}
_DATED = {
    "membership_ends": Text("会员到期", "a tier ends"),
    "order_ends": Text("订单到期", "an order ends"),
    "card_ends": Text("卡到期", "a card expires"),
    "reception_arrives": Text("来宾到达", "a guest arrives"),
}


class Sentence:
    """Says one automation in one language, by the words of one policy."""

    def __init__(self, policy: Policy, language: str) -> None:
        self.policy, self.language = policy, language
        self.zh = language != "en"
        self.events = {kind.name: kind for kind in known_kinds(policy.packs)}

    def of(self, automation: Automation) -> str:
        """The whole of it."""
        then = self._list([self.command(each) for each in automation.then], "；" if self.zh else "; ")
        when = self.when(automation)
        if automation.condition is None:
            return f"{when}，就{then}。" if self.zh else f"{when}, {then}."
        condition = self.condition(automation.condition, automation.event)
        return f"{when}，如果{condition}，就{then}。" if self.zh else f"{when}, if {condition}, {then}."

    def when(self, automation: Automation) -> str:
        """What sets it off."""
        match automation.when:
            case Happens(event):
                return f"{self._event(event)}时" if self.zh else f"When this happens: {self._event(event)}"
            case HappenedBefore(event, hours):
                return (
                    f"{self._event(event)}之后 {hours} 小时"
                    if self.zh
                    else f"{hours} hours after: {self._event(event)}"
                )
            case AddsUp(event, times, days):
                if self.zh:
                    return f"同一客户 {days} 天内第 {times} 次{self._event(event)}时"
                return f"When this happens to a customer {times} times within {days} days: {self._event(event)}"
            case ComesUp(dated, days):
                what = _DATED[dated].in_language(self.language)
                return f"{what}前 {days} 天" if self.zh else f"{days} days before {what}"
            case Recurs(span):
                said = _SPAN[span].in_language(self.language)
                return f"{said}对每位客户" if self.zh else f"{said.capitalize()}, for each customer"

    def condition(self, condition: Condition, event: str) -> str:
        """A condition, groups in brackets."""
        match condition:
            case EveryOf(criteria):
                return self._group(criteria, event, "且", "and")
            case SomeOf(criteria):
                return self._group(criteria, event, "或", "or")
            case NotOneOf(criteria):
                inside = self._group(criteria, event, "或", "or")
                return f"不是（{inside}）" if self.zh else f"not ({inside})"
            case OfKind(kinds):
                said = self._named("customer_kind", kinds)
                return f"客户是{said}" if self.zh else f"the customer is {said}"
            case HoldsTier(tiers):
                said = self._named("tier", tiers)
                if self.zh:
                    return f"客户是{said or '有等级的贵宾'}"
                return f"the customer holds {said or 'a tier'}"
            case Says(payload, values):
                said = self._list([self._value(payload, value) for value in values], " / ")
                return (
                    f"{self._field(event, payload)}是 {said}" if self.zh else f"{self._field(event, payload)} is {said}"
                )
            case SaysFrom(payload, figure):
                field = self._field(event, payload)
                return f"{field}不低于 {figure}" if self.zh else f"{field} is {figure} or more"
            case SaysUnder(payload, figure):
                field = self._field(event, payload)
                return f"{field}低于 {figure}" if self.zh else f"{field} is under {figure}"
            case HappenedOften(what, times, days):
                said = self._event(what)
                if self.zh:
                    return f"该客户 {days} 天内已有 {times} 次以上“{said}”"
                return f"this has happened to the customer {times} times or more within {days} days ({said})"
            case Meets(scheme):
                said = self.policy.title(f"scheme.{scheme}", self.language)
                return (
                    f"客户数据符合“{said}”的条件" if self.zh else f"the customer's figures of {said} meet the criterion"
                )

    def command(self, command: Command) -> str:
        """What is done."""
        match command:
            case SetLevel():
                level = self.policy.title(f"complaint_level.{command.level}", self.language)
                return f"把投诉定为{level}" if self.zh else f"give the complaint the level {level}"
            case AskDepartment():
                task = self.policy.title(f"department_task.{command.task}", self.language)
                return (
                    f"请部门 {command.unit} {task}：{command.text}"
                    if self.zh
                    else f"ask {command.unit} for {task}: {command.text}"
                )
            case OpenTask():
                role = self._role(command.role)
                if self.zh:
                    return f"请{role}在 {command.within_hours} 小时内办：{command.text}"
                return f"the {role} has {command.within_hours} hours for: {command.text}"
            case Notify():
                roles = self._list([self._role(role) for role in command.roles], "、" if self.zh else ", ")
                return f"告知{roles}：{command.text}" if self.zh else f"tell {roles}: {command.text}"
            case SendMessage():
                said = self.policy.title(f"message_title.{command.message}", self.language)
                return f"给客户发消息“{said}”" if self.zh else f"send the customer the message {said}"
            case AskApproval():
                flow = self.policy.title(f"approval.{command.flow}", self.language)
                return f"提请审批“{flow}”：{command.note}" if self.zh else f"ask for {flow}: {command.note}"
            case AddNote():
                return f"加备注“{command.text}”" if self.zh else f"note: {command.text}"
            case SetField():
                field = self.policy.title(f"field.{command.field}", self.language)
                return (
                    f"把档案的{field}记为“{command.value}”"
                    if self.zh
                    else f"set {field} of the archive to {command.value}"
                )
            case StartSurvey():
                said = self.policy.title(f"survey.{command.survey}", self.language)
                return f"请客户答“{said}”" if self.zh else f"ask the customer {said}"
            case Refuse():
                return f"不允许：{command.zh}" if self.zh else f"it is refused: {command.en}"
            case _:
                return "推送给其他系统" if self.zh else "call a webhook"

    def _group(self, criteria: Sequence[Condition], event: str, zh: str, en: str) -> str:
        parts = [self.condition(each, event) for each in criteria]
        if len(parts) == 1:
            return parts[0]
        return "（" + zh.join(parts) + "）" if self.zh else f"({f' {en} '.join(parts)})"

    def _event(self, name: str) -> str:
        kind = self.events.get(name)
        return kind.title.in_language(self.language) if kind else name

    def _field(self, event: str, name: str) -> str:
        kind = self.events.get(event)
        field = kind.field(name) if kind else None
        return field.title.in_language(self.language) if field else name

    def _value(self, field: str, value: str) -> str:
        if value in ("true", "false"):
            return {"true": Text("是", "yes"), "false": Text("否", "no")}[value].in_language(self.language)
        for key in (f"complaint_{field}.{value}", f"{field}.{value}", f"service_{field}.{value}.title"):
            if key in self.policy.texts:
                return self.policy.title(key, self.language)
        return value

    def _role(self, role: str) -> str:
        for key in (f"post.{role}", f"role.{role}"):
            if key in self.policy.texts:
                return self.policy.title(key, self.language)
        return role

    def _named(self, kind: str, names: Sequence[str]) -> str:
        return self._list(
            [self.policy.title(f"{kind}.{name}", self.language) for name in names], "、" if self.zh else ", "
        )

    @staticmethod
    def _list(parts: Sequence[Any], between: str) -> str:
        return between.join(str(part) for part in parts)


def sentence(automation: Automation, policy: Policy, language: str) -> str:
    """The automation in one sentence."""
    return Sentence(policy, language).of(automation)
