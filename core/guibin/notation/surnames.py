"""Surnames that are read otherwise than the same characters elsewhere, and given names' characters that are read in two ways.

After 《现代汉语词典》 and the surname lists of pinyin dictionaries; the usual reading first, without tones, ü as v. Simplified
characters: traditional ones are made so before they are looked up.
"""

_SINGLE = """
单 shan|曾 zeng|解 xie|仇 qiu|查 zha|区 ou|朴 piao piu|任 ren|华 hua|盖 ge gai|乐 yue le|覃 qin tan|过 guo|冼 xian|洗 xian
缪 miao|宓 fu mi|逄 pang|逢 pang feng|折 she|黑 he hei|谌 chen shen|隗 wei kui|员 yun|贠 yun|种 chong|纪 ji|能 nai
召 shao|么 yao|幺 yao|翟 zhai di|柏 bai bo|秘 bi|那 na nuo|哈 ha|訾 zi|繁 po|重 chong|尉 wei yu|万 wan|牟 mu mou|薄 bo
藏 zang|长 chang zhang|车 che|晁 chao|朝 chao|郗 xi chi|瞿 qu|乜 nie|佴 nai|难 nan ning|粘 nian|扎 za zha|都 du|六 lu
陆 lu|贾 jia|居 ju|盛 sheng|塔 ta|和 he|阚 kan|叶 ye|强 qiang|不 fou|阿 a|称 cheng|沈 shen|宿 su|南 nan|卜 bu|思 si
殳 shu|寻 xun|於 yu|余 yu|浣 wan|信 xin|俞 yu|齐 qi|贲 ben|费 fei bi|适 kuo|角 jue|莘 shen xin|祭 zhai|撒 sa|晟 cheng sheng
妫 gui|郇 xun huan|相 xiang|郏 jia|佘 she|厍 she|亓 qi|仉 zhang|邸 di|隽 juan jun|鲜 xian|暴 bao|褚 chu|苫 shan|颉 xie jie
舍 she|燕 yan|宁 ning|葛 ge|应 ying|占 zhan|石 shi|娄 lou|句 gou|咸 xian|调 tiao|阙 que|宛 wan|曲 qu|假 jia|呙 guo|芈 mi
眭 sui|亢 kang|炅 gui|昝 zan|昃 ze|郄 qie xi|郤 xi|綦 qi|啜 chuai|揭 jie|仝 tong|殷 yin|尹 yin|洪 hong|冯 feng|汤 tang
蓝 lan|许 xu|艾 ai|无 wu|丁 ding|若 ruo|令 ling|勾 gou|戏 xi|弗 fu fei|率 lv shuai|藉 ji|巷 xiang|乘 sheng cheng|中 zhong
斜 xie|戚 qi|与 yu|芮 rui|尚 shang|臧 zang|行 xing hang|校 xiao jiao|盎 ang|𠮷 ji|谷 gu yu|铫 yao diao|雒 luo|洛 luo|哥 ge|豆 dou
""".replace("\n", "|")
_DOUBLE = """
尉迟 yu chi|万俟 mo qi|澹台 tan tai|长孙 zhang sun|单于 chan yu|令狐 ling hu|宰父 zai fu|子车 zi ju|乐正 yue zheng
亓官 qi guan|闾丘 lv qiu|仉督 zhang du|夹谷 jia gu|谷梁 gu liang|漆雕 qi diao|公冶 gong ye|鲜于 xian yu|宗政 zong zheng
濮阳 pu yang|赫连 he lian|拓跋 tuo ba|呼延 hu yan|贺若 he ruo|叱干 chi gan|可频 ke pin|尔朱 er zhu|屈突 qu tu|独孤 du gu
宇文 yu wen|慕容 mu rong|钟离 zhong li|东方 dong fang|第五 di wu|欧阳 ou yang|司马 si ma|上官 shang guan|诸葛 zhu ge
皇甫 huang fu|公孙 gong sun|司徒 si tu|司空 si kong|夏侯 xia hou|端木 duan mu|南宫 nan gong|百里 bai li|轩辕 xuan yuan
闻人 wen ren|申屠 shen tu|公羊 gong yang|太史 tai shi|淳于 chun yu|东郭 dong guo|西门 xi men|太叔 tai shu|仲孙 zhong sun
巫马 wu ma|公西 gong xi|壤驷 rang si|公良 gong liang|梁丘 liang qiu|左丘 zuo qiu|东门 dong men|段干 duan gan
羊舌 yang she|微生 wei sheng|纳兰 na lan|哥舒 ge shu|叶赫 ye he|那拉 na la|颛孙 zhuan sun|司寇 si kou|冒顿 mo du
""".replace("\n", "|")
_GIVEN = """
乐 le yue|𠮷 ji|行 xing hang|长 chang zhang|朝 chao zhao|重 zhong chong|茜 qian xi|娜 na nuo|晟 sheng cheng|盛 sheng cheng
传 chuan zhuan|率 shuai lv|卡 ka qia|藏 cang zang|尉 wei yu|薄 bo bao|禅 chan shan|弹 tan dan|荨 qian xun|莞 guan wan
柏 bai bo|露 lu lou|曾 zeng ceng|单 dan shan|都 dou du|校 xiao jiao|车 che ju
""".replace("\n", "|")


def _read(text: str) -> dict[str, tuple[str, ...]]:
    return {word: tuple(readings) for word, *readings in (entry.split() for entry in text.split("|") if entry)}


SINGLE = _read(_SINGLE)
DOUBLE = _read(_DOUBLE)
GIVEN = _read(_GIVEN)


def surname_of(name: str) -> str:
    """The first character or two of a Chinese name: two only where they are one surname and something follows."""
    return name[:2] if name[:2] in DOUBLE and len(name) > 2 else name[:1]
