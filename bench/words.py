"""Made-up text whose words are as unevenly used as people's are (Zipf): the r-th as often as 1/r."""

import random
from itertools import accumulate

from core.markup.markdown_links import IDENTIFIER
from core.markup.markup import Rendered, render

WORDS = 60_000
SYLLABLES = [a + b for a in "bcdfghjklmnprstvwz" for b in "a e i o u an er in ol ust".split()]
COMMON = """
the to is of and in it that you for on this not with be are have as can but if do or will from an
at was by so when what there then which no how would they we has should your my more some out up
all one any only just get does like use because time also after other than into work need make
same been
""".split()
TRADE = """
server password user network security domain access update service windows policy certificate
client error key file system login patch address firewall account group traffic port version token
browser config linux log database install command domain-controller proxy session connection
remote encryption attack vendor router script machine host event backup cookie header request scan
signature restart kernel registry kerberos ldap ransomware exploit mitigation malware phishing
sandbox vpn switch packet subnet gateway cipher handshake hash salt audit baseline hardening
privilege escalation injection overflow payload shell beacon lateral quota printer spooler smb rdp
ntlm oauth saml radius snmp syslog siem endpoint agent wildcard revocation expiry renewal
hypervisor container cluster replica bucket snapshot firmware bootloader tpm bitlocker whitelist
blocklist honeypot forensics timeline triage containment disclosure embargo advisory workaround
""".split()
CODE = """    {0}-{1} --{2} {3}
    {1}: {4} at 0x8007{5:04x}
"""


def vocabulary(rng: random.Random) -> list[str]:
    """WORDS distinct words: English ones that hold sentences together, those of the trade, made-up ones."""
    found = dict.fromkeys([*COMMON, *TRADE])
    while len(found) < WORDS:
        made = "".join(rng.choices(SYLLABLES, k=1 + len(found) // 6_000 % 4 + rng.randint(0, 1)))
        found[made] = None
    return list(found)


class Writer:
    """Makes words, sentences, titles and Markdown; the same seed makes the same."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.words = vocabulary(random.Random("vocabulary"))
        self.weights = list(accumulate(1 / rank for rank in range(3, WORDS + 3)))

    def some(self, count: int) -> list[str]:
        """`count` words, now and then an identifier among them."""
        chosen = self.rng.choices(self.words, cum_weights=self.weights, k=count)
        if self.rng.random() < 0.05:
            chosen[count // 2] = f"CVE-{self.rng.randint(2002, 2025)}-{self.rng.randint(1000, 39999)}"
        return chosen

    def sentence(self, count: int) -> str:
        """A sentence of plain words: as Markdown it is itself."""
        return f"{started(self.some(count))}."

    def title(self) -> str:
        """What a question asks, 15 to 150 characters."""
        return started([*self.some(self.rng.randint(5, 12)), "problem"])[:150].rstrip()

    def paragraph(self, count: int) -> str:
        """About `count` words in sentences, some of it marked up."""
        text = " ".join(self.sentence(self.rng.randint(6, 18)) for _ in range(max(1, count // 12)))
        first, *others = text.split(" ")
        if self.rng.random() < 0.3:
            others.insert(len(others) // 2, f"`{self.rng.choice(TRADE)}.{self.rng.choice(TRADE)}`")
        if self.rng.random() < 0.2:
            others.insert(len(others) // 3, f"**{self.rng.choice(TRADE)}**")
        return " ".join([first, *others])

    def markdown(self) -> str:
        """A question or an answer: paragraphs, now and then a list, some code, a link."""
        length = max(25, int(self.rng.lognormvariate(4.6, 0.6)))
        parts = [self.paragraph(length // 2), self.paragraph(length // 2)]
        if self.rng.random() < 0.25:
            parts.insert(1, "\n".join(f"- {self.sentence(8)}" for _ in range(3)))
        if self.rng.random() < 0.2:
            words = self.rng.choices(TRADE, k=5)
            parts.insert(1, CODE.format(*words, self.rng.randrange(65_536)).rstrip())
        if self.rng.random() < 0.1:
            parts.append(f"See [{self.rng.choice(TRADE)}](https://example.org/{self.rng.choice(TRADE)}).")
        return "\n\n".join(parts)

    def steps(self) -> str:
        """The text of an article: headings with paragraphs and commands below."""
        return "\n\n".join(
            f"## {self.title()}\n\n{self.paragraph(60)}\n\n{CODE.format(*self.some(5), 2)}"
            for _ in range(self.rng.randint(3, 6))
        )


def started(words: list[str]) -> str:
    """The words with a capital letter at the beginning."""
    return words[0][0].upper() + " ".join(words)[1:]


def rendered_bodies(seed: int, count: int) -> list[Rendered]:
    """`count` texts of questions and answers, each through the site's own renderer."""
    writer = Writer(seed)
    return [render(writer.markdown()) for _ in range(count)]


def paragraph_html(sentence: str) -> str:
    """HTML of one sentence; only an identifier in it needs the renderer."""
    return render(sentence).html if IDENTIFIER.search(sentence) else f"<p>{sentence}</p>\n"


def extended(body: Rendered, sentence: str) -> Rendered:
    """A reused text with a last paragraph of its own."""
    return Rendered(f"{body.source}\n\n{sentence}", f"{body.html}{paragraph_html(sentence)}", body.version)
