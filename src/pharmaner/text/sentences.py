"""Sentences of clinical prose, by rules that know its abbreviations.

General splitters cut after "Dra.", "Tto." and "Rx."; these rules do not. A sentence ends

* at ``. ! ? …`` followed by white space and by a capital, a digit or an opening mark, unless the
  full stop belongs to an abbreviation or to capital initials. Acronyms (``IV.``) and units
  (``mg/dl.``) are not abbreviations;
* at a blank line, and at a line break after ``. : ; ! ?`` or before a bullet. Other line breaks
  are taken for wrapped prose.
"""

import re

from pharmaner.document import Span

ABBREVIATIONS = frozenset(
    """
    a.m ac admón afect aj ambul amp anat ant antec aprox art aux av ax bibl biol cap caps cdad cf
    cfr cit clín cod col comp compr comps conc cont cp cps cso ctes ctrl dcha dcho depto der
    desc dg diag dil dir disol dr dra dras dres dto dx ej enf esp esq est ex excmo exp expl
    fa fac fam farm fc fco fcos fdo fem fig figs fis fr frec ft gen ggl gl gotas gral hb hemat
    hist histol hnos hosp iam ibid id im ind inf ing inh inic inmunol int intrav iny iv izda
    izdo izq lat lic ltda microg máx mín mª n neg neurol nº núm núms obs oftalm onc p p.ej pac pat
    pers pl pos pref prev priv prof profa prom prov pte pto pulm px pág págs qx rad reg rel resp rev
    rx seg serv sig sist sr sra sras sres srta sto subcut sup supl sust tab tbl tel temp tfno
    tno trat tto tx ug v.gr v.o vd vds vit vo vol vs yug
    """.split()
)
"""Lower-case words that a full stop may follow without ending the sentence."""

_TERMINATOR = re.compile(r"(?<![.!?…])[.!?…]++[\"'»”)\]]*+(?=\s++(?P<next>\S))")
_LINE_BREAK = re.compile(r"(?<![^\S\r\n])[^\S\r\n]*+(?:\r\n|\n|\r)\s*+")
_LAST_WORD = re.compile(r"[^\s(\[«“\",;:-]*\Z")
_OPENING = "¿¡(«“\"'[-–•*"
_LONGEST_ABBREVIATION = 12
_WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space as words know it; Python's also holds U+001C to U+001F."""


def split_sentences(text: str) -> list[Span]:
    """The sentences of a text in order, without the white space around them.

    Every code point that is not white space is in exactly one sentence.
    """
    breaks = {match.end() for match in _TERMINATOR.finditer(text) if _ends_sentence(text, match)}
    breaks |= {match.end() for match in _LINE_BREAK.finditer(text) if _ends_line(text, match)}
    sentences = []
    start = 0
    for end in [*sorted(breaks), len(text)]:
        inside = text[start:end]
        left = start + len(inside) - len(inside.lstrip(_WHITE_SPACE))
        right = start + len(inside.rstrip(_WHITE_SPACE))
        if left < right:
            sentences.append(Span(left, right))
        start = end
    return sentences


def _ends_sentence(text: str, terminator: re.Match[str]) -> bool:
    following = terminator["next"]
    if not (following.isupper() or following.isdigit() or following in _OPENING):
        return False
    if terminator[0] != ".":
        return True
    before = text[max(0, terminator.start() - _LONGEST_ABBREVIATION) : terminator.start()]
    last = _LAST_WORD.search(before)
    word = last[0] if last else ""
    initials = all(len(part) == 1 and part.isupper() for part in word.split("."))
    return not (initials or (word.lower() in ABBREVIATIONS and not word.isupper()))


def _ends_line(text: str, line_break: re.Match[str]) -> bool:
    following = text[line_break.end() : line_break.end() + 1]
    previous = text[line_break.start() - 1 : line_break.start()]
    blank_line = line_break[0].replace("\r\n", "\n").replace("\r", "\n").count("\n") > 1
    return blank_line or previous in set(".:;!?…") or following in set("-–•*")
