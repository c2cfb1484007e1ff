"""Calls of key accounts: taken before others', and called back before others' where nobody took them (S07-2, S07-5)."""

from guibin import HotlinePolicy, HotlineRoute, Hours, TierLimit

SCHEME, FIRST, OTHERS = "key_account", ("key",), ("important", "standard")

HOTLINE = HotlinePolicy(
    routes=(
        HotlineRoute("vip_desk", SCHEME, FIRST, skips_menu=True, priority=90, greeting="vip", clause="S07-2"),
        HotlineRoute("vip_desk", SCHEME, OTHERS, priority=70, greeting="vip", clause="S07-2"),
    ),
    # 五.4: enquiries and complaints of key accounts are dealt with sooner; the figure is a default.
    faster=(TierLimit((*FIRST, *OTHERS), Hours(1)),),
    clause="S07-5",
)
