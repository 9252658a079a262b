"""Two hundred invented names that are hard to keep: brackets of both widths, dots, rare characters, signs of markup."""

from rulebook.papers.printing import GLYPHS
from rulebook.parties.names import stands_for

_BRACKETS = """
（{}）
({})
（{})
({}）
【{}】
[{}]
〔{}〕
［{}］
《{}》
〈{}〉
「{}」
『{}』
""".strip("\n").split("\n")
_DOTS = "·•‧・･"
_WITH_DOTS = """
买买提{}艾力食品店
阿依古丽{}吐尔逊
次仁{}卓玛牧业合作社
巴特尔{}乌兰牧场
迪力夏提{}阿不都热合曼{}玉山
让{}皮埃尔贸易行
A{}B商行
{}点石英厂
""".strip("\n").split("\n")
_SHAPES = """
髙峯实业
淸溪羣贤厂
黃金呂氏
戶外產业
內蒙吳记
强強联合
說閲书店
綠甁坊
眞誠德徳行
裏里面粉厂
喆哲商行
昇升建材
堃坤物流
淼水产
﨑岡商事
叱咤风云
""".strip("\n").split("\n")
_SIGNS = r"""
①号石英厂
⑳号店
㎡空间设计
Ⅲ期工程
ⅷ号仓
№8商行
℃饮品
㈱东海
½工坊
2²公司
x³实验室
１２３厂
ＡＢＣ公司
ｱｲｳ商会
〇七工坊
二〇二六
卍堂
々屋
〆切社
A＋B
全角　空格
两个  空格
“引号”公司
"quoted" Co.
'apostrophe'
’s-Hertogenbosch
A&B公司
<b>粗体</b>
a<b>c
&amp;公司
=1+1
+86商行
-负号厂
@某某
{name}公司
{{ jinja }}
{% if %}
%s厂
100%纯棉
a\b
$HOME
#1厂
_x0041_公司
_x00_厂
NULL
None
TRUE
3721
007
1E5
2026-03-20
０
……公司
——公司
～厂
""".strip("\n").split("\n")
_LATIN = """
José García
Müller & Söhne
Ångström
Crème Brûlée
naïve café
Straße 9
ÀÉÎÕÜ
Zoë Café
Đức
Ơn Ưu
Nguyễn Văn
a‐b
a‒b
a–b
a—b
Ω欧姆
Δ三角洲
Жданов
""".strip("\n").split("\n")
_LONG = (
    "中国（江苏）自由贸易试验区连云港片区东海县石湖乡高纯石英新材料产业研究与成果转化促进中心有限责任公司第一分公司（筹）",
    "".join(chr(0x4E00 + 37 * step) for step in range(60)),
    "（" + "东" * 58 + "）",
    "Lianyungang Donghai High-Purity Quartz Materials Co., Ltd. Ⅲ",
)
_RARE = [
    chr(sign)
    for first, _, last in (each.partition("-") for each in GLYPHS.split())
    for sign in range(int(first, 16), int(last or first, 16) + 1)
    if 0x20000 <= sign < 0x2F000 and stands_for(chr(sign)) is None
]
HOW_MANY = 200


def _all() -> tuple[str, ...]:
    names = [f"江苏东海{brackets.format('连云港')}石英有限公司" for brackets in _BRACKETS]
    names += [name.replace("{}", dot) for name in _WITH_DOTS for dot in _DOTS]
    names += [*_SHAPES, *_SIGNS, *_LATIN, *_LONG]
    left = HOW_MANY - len(names)
    names += [f"东海县{''.join(_RARE[at::left][:3])}商行" for at in range(left)]
    assert left > 20
    assert len(set(names)) == HOW_MANY
    return tuple(names)


HARD_NAMES = _all()

REFUSED = {
    "石英\u200b制品": "hidden_sign",
    "石英\u200d制品": "hidden_sign",
    "\ufeff石英制品": "hidden_sign",
    "石英\u00ad制品": "hidden_sign",
    "石英\u202e制品": "hidden_sign",
    "石英\u2066制品": "hidden_sign",
    "石英\u200e制品": "hidden_sign",
    "石英\u00a0制品": "hidden_sign",
    "石英\u2009制品": "hidden_sign",
    "石英\u3164制品": "hidden_sign",
    "石英\u2800制品": "hidden_sign",
    "石英\u034f制品": "hidden_sign",
    "石英\x07制品": "hidden_sign",
    "石英\ue000制品": "hidden_sign",
    "石英\n制品": "line_break",
    "石英\r\n制品": "line_break",
    "石英\t制品": "line_break",
    "⽯英制品": "stands_for",
    "⻓江石英": "stands_for",
    "金\uf90a石英": "stands_for",
    "Jose\u0301": "stands_for",
    "\u212bngstrom": "stands_for",
    "石英\U000e0100制品": "unprintable",
    "石英\ufe00制品": "unprintable",
    "\U00020bb7野家": "unprintable",
    "😀石英": "unprintable",
    "ياسىن": "unprintable",
    "བོད": "unprintable",
    "ᠮᠣᠩ": "unprintable",
}
"""Names that could not come back as they went, and the rule that says so."""
