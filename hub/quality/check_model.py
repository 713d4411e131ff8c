"""Which characteristics cannot be: limits the wrong way round, charts that do not fit; and why. Pure."""

from hub.quality.chart_model import VARIABLE
from hub.quality.model import Characteristic, verdict_of
from hub.sheets.fault import Refused

MOST_SAMPLE = 25
"""A larger sample on one point hides what happened within it."""


def check(made: Characteristic) -> None:
    """Refused, with the field, where a characteristic cannot be so."""
    if "/" in made.characteristic:
        raise Refused(
            "a characteristic's key cannot hold '/'; use '-' instead",
            "特性の番号に「/」は使えません。「-」にしてください",
            "characteristic",
        )
    _check_limits(made)
    _check_kind(made)
    _check_chart(made)
    _check_plan(made)


def _check_limits(made: Characteristic) -> None:
    lower, upper = made.lower, made.upper
    if lower is not None and upper is not None and lower >= upper:
        raise Refused(
            f"the limits are the wrong way round: lower {lower:g} is not below upper {upper:g}",
            f"規格の上下が逆です：下限 {lower:g} が上限 {upper:g} より小さくありません",
            "lower",
        )
    if made.nominal is not None and verdict_of(made, made.nominal) != "in":
        raise Refused(
            f"the nominal value {made.nominal:g} lies outside its own limits",
            f"基準値 {made.nominal:g} が規格の外にあります",
            "nominal",
        )
    if made.sigma is not None and not made.sigma > 0:
        raise Refused("sigma must be above zero", "標準偏差は 0 より大きくしてください", "sigma")


def _check_kind(made: Characteristic) -> None:
    if made.kind == "variable" and made.chart not in VARIABLE:
        raise Refused(
            f"a chart of kind {made.chart} is for what is counted, not for what is measured",
            f"{made.chart} 管理図は計数値用です。計量値には I-MR、Xbar-R、Xbar-S を選んでください",
            "chart",
        )
    if made.kind == "attribute" and made.chart in VARIABLE:
        raise Refused(
            f"a chart of kind {made.chart} is for what is measured; choose p, np, c or u",
            "この管理図は計量値用です。計数値には p、np、c、u を選んでください",
            "chart",
        )
    if made.kind == "variable" and made.unit is None:
        raise Refused("what is measured needs a unit, for example mm", "測るものには単位が必要です（例：mm）", "unit")
    if made.kind == "attribute" and made.unit is not None:
        raise Refused(
            "what is checked or counted has no unit; leave it empty",
            "数えるものに単位はありません。空にしてください",
            "unit",
        )


def _check_chart(made: Characteristic) -> None:
    if made.chart == "i_mr" and made.subgroup != 1:
        raise Refused(
            "a chart of single values has one value a point; choose Xbar-R or Xbar-S for samples",
            "I-MR は 1 点に 1 個の値です。サンプルをまとめるには Xbar-R か Xbar-S を選んでください",
            "subgroup",
        )
    if made.chart in ("xbar_r", "xbar_s") and not 2 <= made.subgroup <= MOST_SAMPLE:
        raise Refused(
            f"a sample of {made.subgroup} cannot be charted so; from 2 to {MOST_SAMPLE} can",
            f"サンプルの大きさ {made.subgroup} では描けません。2〜{MOST_SAMPLE} にしてください",
            "subgroup",
        )
    if made.subgroup < 1:
        raise Refused("a point needs at least one unit", "1 点には 1 個以上が必要です", "subgroup")
    if made.trend and made.chart != "i_mr":
        raise Refused(
            "a centre line that follows wear is drawn for single values (I-MR)",
            "摩耗に沿う中心線は I-MR 管理図で使えます",
            "trend",
        )


def _check_plan(made: Characteristic) -> None:
    if made.every is not None and made.every < 1:
        raise Refused("every n-th piece: n must be 1 or more", "「n 個ごと」の n は 1 以上にしてください", "every")
    since, until = made.baseline_from_us, made.baseline_to_us
    if (since is None) != (until is None) or (since is not None and until is not None and since >= until):
        raise Refused(
            "a baseline needs a beginning and a later end",
            "基準期間には、始まりと、それより後の終わりが必要です",
            "baseline_from",
        )
