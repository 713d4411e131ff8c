"""Which value of which message: what a person writes for one signal or condition. Needs no MQTT library."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from edge_agent.drivers.mqtt.paths import split_path
from edge_agent.drivers.mqtt.times import Unit, zone_of
from edge_agent.drivers.mqtt.topics import checked_filter, checked_topic
from edge_agent.settings import ConditionBase, SignalBase, Table

Encoding = Literal["utf-8", "shift_jis", "euc_jp", "utf-16", "gb18030", "cp1252"]

CODECS: Final[dict[str, str]] = {
    "utf-8": "utf-8",
    "shift_jis": "cp932",  # what machines call Shift_JIS: with ①, 髙 and ～, and with \ where the standard has ¥
    "euc_jp": "euc_jis_2004",
    "utf-16": "utf-16",
    "gb18030": "gb18030",
    "cp1252": "cp1252",
}
"""Name in the settings → Python's codec."""


def _checked_path(text: str) -> str:
    split_path(text)
    return text


def _checked_zone(text: str) -> str:
    zone_of(text)
    return text


Topic = Annotated[str, AfterValidator(checked_topic)]
TopicFilter = Annotated[str, AfterValidator(checked_filter)]
PayloadPath = Annotated[str, AfterValidator(_checked_path)]
TimeZone = Annotated[str, AfterValidator(_checked_zone)]


class Address(Table):
    """Which value of which message."""

    topic: TopicFilter = Field(
        description="Topic the machine publishes to. + stands for one level that does not matter, # for all further "
        "ones; {machine} for the machine's id.",
        examples=["shop/press-1/tower"],
    )
    path: PayloadPath | None = Field(
        None,
        description="Where in a JSON payload the value is; without it the payload is the value.",
        examples=["$.green"],
    )
    level: int | None = Field(
        None, ge=1, le=100, description="The value is this level of the topic, counted from 1, not the payload."
    )
    each: PayloadPath | None = Field(
        None,
        description="Where in the payload a list is, each element of which is read like a message of its own: path, "
        "where and time are looked for in the element ($), then where and time in the whole message.",
        examples=["$.values"],
    )
    where: dict[PayloadPath, str | bool | int | float] | None = Field(
        None,
        description='Only messages (or elements) that have these values count, such as { "$.machine" = "{machine}" }; '
        "others are about something else.",
        examples=['{ "$.machine" = "{machine}" }'],
    )
    good: dict[PayloadPath, str | bool | int | float] | None = Field(
        None,
        description='What the message says where the value is good, such as { "$.q" = true } or { "$.quality" = 192 }; '
        "a value said otherwise is bad.",
    )
    partial: bool = Field(
        False,  # noqa: FBT003 - the field's default
        description="The machine sends only what has changed: a message without the path says nothing about this one.",
    )
    time: PayloadPath | None = Field(
        None,
        description="Where in a JSON payload the source's time is: text such as RFC 3339 or 2026/11/20 09:00:37.383, "
        "or a number since 1970. Without it the time of arrival counts.",
        examples=["$.ts"],
    )
    time_unit: Unit = Field(
        "auto", description="Unit of a time that is a number; auto tells s, ms, us and ns apart by size."
    )
    time_zone: TimeZone | None = Field(
        None, description="Time zone of times without an offset, where not the connection's.", examples=["Asia/Tokyo"]
    )
    encoding: Encoding | None = Field(
        None, description="How text is encoded, where not as the connection says.", examples=["shift_jis"]
    )

    @model_validator(mode="after")
    def _one_place(self) -> "Address":
        if self.level is not None and (self.path is not None or self.each is not None):
            raise ValueError("level takes the value from the topic; leave out path and each")
        if self.level is not None and "#" not in self.topic and self.level > self.topic.count("/") + 1:
            raise ValueError(f"the topic has only {self.topic.count('/') + 1} levels; correct level")
        if self.partial and self.path is None and self.each is None:
            raise ValueError("partial is about a path; give one, or leave partial out")
        return self


class SignalSettings(SignalBase, Address):
    """A signal read from an MQTT topic."""


class ConditionSettings(ConditionBase, Address):
    """A condition (alarm) read from an MQTT topic."""


def as_text(value: Any) -> str:
    """How `where` compares: a person writes 3 or "3", a machine says 3 or 3.0 or "3".

    >>> as_text(3.0), as_text(True), as_text("P-1 ")
    ('3', 'true', 'P-1')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip(" \0")
