"""What a browser calls itself, in words that its holder recognises: `Edge · Windows`."""

# The first that is found: many call themselves by the names of others, too.
_BROWSERS = (
    ("wxwork", "WeCom"),
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def named(agent: str) -> str:
    """The browser and the machine, as far as they are known; nothing else of what it says is kept."""
    found = (
        next((name for mark, name in each if mark.lower() in agent.lower()), "") for each in (_BROWSERS, _MACHINES)
    )
    return " · ".join(name for name in found if name)
