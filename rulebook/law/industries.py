"""GB/T 4754 (2017): sections, divisions and the groups the size rule tells apart, and what each of its lines reaches.

Data of ``rulebook/law/size.py``. Source of the lines and bounds: 工信部联企业〔2011〕300号.
"""

from typing import NamedTuple

SECTIONS: dict[str, range] = {
    "A": range(1, 6),  # 农、林、牧、渔业
    "B": range(6, 13),  # 采矿业
    "C": range(13, 44),  # 制造业
    "D": range(44, 47),  # 电力、热力、燃气及水生产和供应业
    "E": range(47, 51),  # 建筑业
    "F": range(51, 53),  # 批发和零售业
    "G": range(53, 61),  # 交通运输、仓储和邮政业
    "H": range(61, 63),  # 住宿和餐饮业
    "I": range(63, 66),  # 信息传输、软件和信息技术服务业
    "J": range(66, 70),  # 金融业
    "K": range(70, 71),  # 房地产业
    "L": range(71, 73),  # 租赁和商务服务业
    "M": range(73, 76),  # 科学研究和技术服务业
    "N": range(76, 80),  # 水利、环境和公共设施管理业
    "O": range(80, 83),  # 居民服务、修理和其他服务业
    "P": range(83, 84),  # 教育
    "Q": range(84, 86),  # 卫生和社会工作
    "R": range(86, 91),  # 文化、体育和娱乐业
    "S": range(91, 97),  # 公共管理、社会保障和社会组织
    "T": range(97, 98),  # 国际组织
}
"""Section letter to its divisions (first two digits of a code)."""

GROUPS: dict[str, dict[str, str]] = {
    "70": {
        "701": "房地产开发经营",
        "702": "物业管理",
        "703": "房地产中介服务",
        "704": "房地产租赁经营",
        "709": "其他房地产业",
    },
}
"""Groups (three digits) of the divisions that the size rule splits; each has one class, its number with a 0 behind.

In every other division all groups are treated alike, so that which of them exist decides nothing and is not kept.
"""


class Bounds(NamedTuple):
    """Lower bounds of large, medium and small, each included; below small is micro."""

    large: int
    medium: int
    small: int


class SizeRow(NamedTuple):
    """One line of the rule: what it reaches, and the bounds of the metrics it asks for.

    Attributes:
        reaches: section letters, divisions (two digits) and groups (three digits).
        employees: persons.
        revenue_wan, assets_wan: 万元.
    """

    name: str
    reaches: tuple[str, ...]
    employees: Bounds | None = None
    revenue_wan: Bounds | None = None
    assets_wan: Bounds | None = None


_B = Bounds

SIZE_ROWS: tuple[SizeRow, ...] = (
    SizeRow("农、林、牧、渔业", ("A",), revenue_wan=_B(20000, 500, 50)),
    SizeRow("工业", ("B", "C", "D"), _B(1000, 300, 20), revenue_wan=_B(40000, 2000, 300)),
    SizeRow("建筑业", ("E",), revenue_wan=_B(80000, 6000, 300), assets_wan=_B(80000, 5000, 300)),
    SizeRow("批发业", ("51",), _B(200, 20, 5), revenue_wan=_B(40000, 5000, 1000)),
    SizeRow("零售业", ("52",), _B(300, 50, 10), revenue_wan=_B(20000, 500, 100)),
    SizeRow("交通运输业", ("54", "55", "56", "57", "58"), _B(1000, 300, 20), revenue_wan=_B(30000, 3000, 200)),
    SizeRow("仓储业", ("59",), _B(200, 100, 20), revenue_wan=_B(30000, 1000, 100)),
    SizeRow("邮政业", ("60",), _B(1000, 300, 20), revenue_wan=_B(30000, 2000, 100)),
    SizeRow("住宿业", ("61",), _B(300, 100, 10), revenue_wan=_B(10000, 2000, 100)),
    SizeRow("餐饮业", ("62",), _B(300, 100, 10), revenue_wan=_B(10000, 2000, 100)),
    SizeRow("信息传输业", ("63", "64"), _B(2000, 100, 10), revenue_wan=_B(100000, 1000, 100)),
    SizeRow("软件和信息技术服务业", ("65",), _B(300, 100, 10), revenue_wan=_B(10000, 1000, 50)),
    SizeRow("房地产开发经营", ("701",), revenue_wan=_B(200000, 1000, 100), assets_wan=_B(10000, 5000, 2000)),
    SizeRow("物业管理", ("702",), _B(1000, 300, 100), revenue_wan=_B(5000, 1000, 500)),
    SizeRow("租赁和商务服务业", ("L",), _B(300, 100, 10), assets_wan=_B(120000, 8000, 100)),
    SizeRow("其他未列明行业", ("M", "N", "O", "Q", "R", "703", "709"), _B(300, 100, 10)),
)
