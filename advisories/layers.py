"""Suggest the layer of defence of a mitigation from the words of its text. Pure.

A rule is a weight and a pattern that counts once per text. The layer with the highest sum is suggested, the
outer one of equals; a moderator confirms it.
"""

import re

LAYERS = ("perimeter", "network", "host", "application", "data")
DEFAULT_LAYER = "host"
MAX_CLASSIFIED_LENGTH = 20_000  # characters
# 3: names the control itself, 2: typical of the layer, 1: hints at it
RULES: dict[str, tuple[tuple[int, str], ...]] = {
    "perimeter": (
        (
            3,
            r"from the internet|internet[- ](facing|exposed|accessible)"
            r"|expos\w+ (\w+ ){0,4}to the internet|accessible from (the )?outside",
        ),
        (
            3,
            r"vpns?|virtual private networks?|remote access|reverse prox(y|ies)|wafs?"
            r"|web application firewalls?|dmz|e-?mail (filter|gateway)\w*|web filter\w*|bastion"
            r"|jump (host|server)",
        ),
        (3, r"behind (a |the )?firewalls?|firewalls? (\w+ ){0,3}(separate|in front)|perimeter"),
        (2, r"firewalls?|business network|inbound|gateways?|external (network|connection)s?"),
    ),
    "network": (
        (
            3,
            r"protect (the )?network access|network (segment|isolat|separat)\w*|segment\w*|vlans?"
            r"|subnets?|layer 2|(tcp|udp)([ /]+udp)? ports?|ports? \d+(/(tcp|udp))?|specific ip"
            r"|ip addresses",
        ),
        (
            3,
            r"(untrusted|trusted|internal|separate|isolated) networks?|dns (servers?|traffic)"
            r"|intrusion|ids|ips|access control lists?|acls?|switch(es)?|routers?",
        ),
        (
            2,
            r"(limit|restrict|block|filter)\w* (\w+ ){0,4}traffic"
            r"|(limit|restrict)\w* (\w+ ){0,4}access to (the )?(port|device|system|network)s?"
            r"|network (access|exposure|traffic)|smart install"
            r"|(smb|rpc|snmp|dhcp|arp) (traffic|packets?)",
        ),
        (1, r"networks?|traffic|packets?|isolat\w+|snmp|smb"),
    ),
    "host": (
        (
            3,
            r"regist(ry|er) (key|editor|value)s?|group polic(y|ies)|powershell|operating systems?"
            r"|hkey_\w+|firmware|physical(ly)?|anti-?(virus|malware)|virus detect\w+|workstations?"
            r"|kernel|hypervisor|local (access|users?|accounts?)|applocker|usb|bios|sr-iov|guests?"
            r"|selinux|sudo|systemctl",
        ),
        (
            2,
            r"windows (services?|component)|services? (running|named)|control panel"
            r"|(user|access|admin\w*) rights|least[- ]privileges?|privileges?|harden\w*|reboot|restart"
            r"|device (has|is|was)|replace\w*|\w+\.conf|passwords?|user management|connection sharing"
            r"|access protection|hotpatch",
        ),
        (1, r"servers?|machine|system|host|endpoints?|drivers?|uninstall\w*|accounts?"),
    ),
    "application": (
        (
            3,
            r"(un)?trusted (\w+ ){0,3}(files?|sources?|documents?|projects?)|unknown sources?"
            r"|open(ing)? (\w+ ){0,4}files?|macros?|plug-?ins?|browsers?|internet explorer|outlook"
            r"|office|flash|web ?servers?|web interfaces?|activex|connectors?|oauth|sign[- ]?up"
            r"|log ?in page|toolkit|studio|read\w* (e-?mails?|messages?)",
        ),
        (
            2,
            r"application|software|(disable|deactivate|uncheck|turn off)\w* (\w+ ){0,4}"
            r"(feature|option|function|directory|access|module|server|interface)"
            r"|sp\d|update \d+|(version|v) ?\d[\w.]* or (later|higher|newer)|ciphers?|profiles?|tool"
            r"|config\w* file|users? permission",
        ),
        (1, r"configur\w*|settings?|features?|modules?|links?|users?|update|install\w*"),
    ),
    "data": (
        (
            3,
            r"back-?ups?|encrypt\w* (\w+ ){0,2}(data|disks?|files?|volumes?|drives?)|data at rest"
            r"|sensitive (\w+ )?(data|information|files?)|exchange (\w+ ){0,3}data"
            r"|(project|data) storage|data loss|rotate (\w+ ){0,3}(keys?|credentials?|secrets?)"
            r"|databases?",
        ),
        (2, r"encrypt\w*|storage|retention|integrity of|credentials? stor\w*|restore"),
        (1, r"data|information|secrets?"),
    ),
}
_PATTERNS = {
    layer: [(weight, re.compile(rf"\b(?:{words})\b", re.I)) for weight, words in rules]
    for layer, rules in RULES.items()
}
_URL = re.compile(r"\]?\(?\bhttps?://\S+")


def suggest(text: str) -> str:
    """The most probable layer of a text; DEFAULT_LAYER when no rule matches."""
    weights = weigh(text)
    best = max(LAYERS, key=weights.__getitem__)
    return best if weights[best] else DEFAULT_LAYER


def weigh(text: str) -> dict[str, int]:
    """Sum of the weights by layer; URLs are ignored."""
    words = " ".join(_URL.sub(" ", text[:MAX_CLASSIFIED_LENGTH]).split())
    return {
        layer: sum(weight for weight, found in rules if found.search(words))
        for layer, rules in _PATTERNS.items()
    }
