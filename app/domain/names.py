"""What a stranger may see of a person's name: the surname, nothing else."""

_COMPOUND = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 "
    "太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 "
    "漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 西门 第五 南荣 "
    "东里 即墨 达奚 褚师 "
    "歐陽 司馬 東方 獨孤 南宮 聞人 諸葛 尉遲 赫連 濮陽 公孫 仲孫 鍾離 長孫 鮮于 閭丘 軒轅 東郭 南門"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())


def mask_name(name: str) -> str:
    """The surname and one star, so that the mask does not tell the length: "张三丰" → "张*".

    A compound surname keeps two characters ("欧阳修" → "欧阳*"), unless that would be the whole name.
    """
    surname = name[:2] if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else name[:1]
    return surname + "*"
