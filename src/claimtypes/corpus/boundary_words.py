"""The words that decide whether a full stop ends a sentence.

Only data lives here; :mod:`claimtypes.corpus.boundaries` holds the rules that read it.
Abbreviations are written without their last full stop and looked up as they stand in the text,
because case tells `No.` (number) from `no.` and `Sun.` (Sunday) from `sun.`
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What the word before a full stop says about the sentence going on."""

    TITLE = 1  # a name or an example must follow: `Mr.`, `Lt.`, `v.`, `e.g.`
    NUMBERED = 2  # goes on only before a number: `No. 5`, `Art. 5`, `p. 7`
    SUFFIX = 3  # may end a sentence or stand inside one: `Corp.`, `Calif.`, `U.S.`
    PLACE = 4  # before a name a saint or a mountain, after one a street: `St.`, `Mt.`
    CLOCK = 5  # `a.m.`, `p.m.`
    DATE = 6  # goes on only before a day: `Jan. 5`, `Fri. Jan. 5`
    ACRONYM = 7  # letters and dots that nobody listed: `F.B.I.`, `J.K.`
    INITIAL = 8  # one capital letter


_TITLES = """
    Mr Mrs Ms Mx Dr Drs Prof Profs Gen Gens Sen Sens Rep Reps Gov Govs Lt Lts Col Cols Sgt Sgts Capt
    Cpl Cmdr Cdr Comdr Adm Brig Maj Pvt Pfc Spc Hon Rev Revs Fr Msgr Msgrs Pres Supt Det Dets Insp
    Atty Attys Amb Messrs Mme Rt med Mlle Asst Assoc Dep Dir Sec Secy Treas Ofc Ald Cllr Ens Br Sqn
    Cmd Const Ing Sra Srta Ven Mohd Muhd Shri Smt Adv Engr Eng Hj Ir Bro Retd Rtd Ret Cst Csts
    Brig.Gen Lt.Gen Lt.Col Lt.Gov Maj.Gen vs v viz cf Cf ca e.g i.e eg ie E.g I.e approx Approx incl
    esp resp aka a.k.a f.k.a n.k.a Surv rel Vs
    """
_NUMBERED = """
    No Nos no nos Nr Art Arts art arts Fig Figs fig figs Ch Chap ch chap p pp Vol Vols vol vols Par
    Para Paras par para paras Eq eq Rte Rm Ext ext Tel tel Ver ver Op op Sect sect sec secs Secs Cl
    cl Exh Ex ex Reg Lot Apt Bk bk pt s ss reg regs Regs Sch Rs Supp Ed est Est circa c b d N° n° Nº
    nº Stat
    """
_DATES = """
    Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun
    """
_SUFFIXES = """
    Inc Corp Co Cos Ltd Pte Sdn Bhd LLC LLP Bros Jr Sr Esq co corp inc ltd Pty Plc PLC Assn Assns
    assn Dept Depts dept Univ univ Inst Intl Natl Govt govt Bldg bldg Ctr Hosp Mfg mfg Cie GmbH al
    Ave Blvd Rd Ln Ct Pl Sq Hwy Pkwy Tpk Ter Cir ave blvd rd Ala Ariz Ark Calif Cal Colo Conn Del
    Fla Ga Ill Ind Kan Kans Ky La Md Mass Mich Minn Miss Mo Mont Neb Nebr Nev Okla Ore Pa Penn Tenn
    Tex Va Vt Wash Wis Wisc Wyo W.Va Ont Que Alta Sask Ph.D Ph.Ds Ed.D D.Phil M.D J.D B.A M.A B.S
    M.S LL.M LL.B M.P.H M.B.A D.D.S D.V.M R.N U.S U.S.A U.K U.N E.U U.A.E P.R.C U.S.S.R R.O.C
    D.P.R.K D.R.C D.C P.R N.Y N.J N.C S.C N.H N.M N.D S.D R.I L.A S.A N.V B.V A.G L.L.C L.L.P L.P
    P.C P.A S.p.A A.S S.A.S S.A.R.L P.L.C K.K E.O U.S.C C.F.R F.R G.m.b.H A.D B.C B.C.E C.E bros min
    max avg mil sq ft lb lbs oz hr hrs yr yrs mo mos wk wks
    """
_PLACES = "St Ste Mt Mts Ft Pt st"
_CLOCK = "a.m p.m A.M P.M"
_INITIALS = "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"
# What headlines, court papers and transcripts shout: `MR. KIRBY`, `ACME CORP.` (not `SEC`).
_SHOUTED = """
    Mr Mrs Ms Dr Gen Sen Rep Gov Lt Col Sgt Capt Adm Prof Rev Hon Maj Inc Corp Co Ltd Jr Sr Bros St
    Vs Ala Ariz Ark Calif Colo Conn Fla Ga Ky Mich Minn Neb Nev Okla Pa Tenn Tex Va Vt Wis Md
    """


def _kinds() -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for words, kind in (
        (_NUMBERED, Kind.NUMBERED),
        (_SUFFIXES, Kind.SUFFIX),
        (_TITLES, Kind.TITLE),
        (_PLACES, Kind.PLACE),
        (_CLOCK, Kind.CLOCK),
        (_DATES, Kind.DATE),
        (_INITIALS, Kind.INITIAL),
    ):
        for word in words.split():
            kinds[word] = kind
    for word in _SHOUTED.split():
        kinds[word.upper()] = kinds[word]
    return kinds


KINDS: Final[dict[str, Kind]] = _kinds()

# Words that open a sentence far more often than they follow an abbreviation inside one.
STARTERS: Final = frozenset(
    """
    The A An This That These Those It Its He She His Her They Their We Our You Your I My There Here
    In On At By For From With Without Within Under Over After Before During Since Until While When
    Where Who What Why How Which Whether If As And But Or Nor So Yet Not No None Nobody Nothing All
    Some Many Most More Several Both Each Every Either Neither Few Other Others Another Any Anyone
    Everyone Someone One Two Three However Moreover Meanwhile Also Although Though Because Despite
    According Among Between Through Throughout To Of Once Then Thus Therefore Hence Still Such Today
    Yesterday Tomorrow Earlier Later Last Now Again Additionally Furthermore Instead Indeed Only
    Even Just Like Unlike Let Please Did Do Does Is Are Was Were Would Can Could Should Shall Has
    Have Had Thank Thanks Yes Well Following Upon Prior Against Across Around About Along Beyond
    Finally Eventually Previously Recently Currently Similarly Separately Specifically Nevertheless
    Nonetheless Otherwise Perhaps Maybe Often Sometimes Soon Early Late Nearly Almost Using Based
    Given Asked Unless Rather Too Very Hundreds Thousands Millions Dozens It’s It's He’s He's She’s
    She's They’re They're We’re We're We’ve We've I’m I'm I’ve I've I’ll I'll That’s That's There’s
    There's What’s What's Here’s Here's Don’t Don't Didn’t Didn't Isn’t Isn't You’re You're Let’s
    Let's
    """.split()
)

# Starters that are no surname, no initial and no part of a name: they end even `J. Doe Sr. The`.
SURE_STARTERS: Final = frozenset(
    """
    The This That These Those It Its They Their There We Our However But And When Where While If
    Although Because After Before During Since His Her Meanwhile Then What Why How According Did
    Does Is Are Was Were Has Have
    """.split()
)

# What stands in front of a letter that is no initial: `Vitamin C.`, `Count A.`, `World War I.`
LETTERED: Final = frozenset(
    """
    Vitamin Vitamins Hepatitis Plan Section Type Class Category Group Building Exhibit Grade
    Schedule Title Phase Part Appendix Figure Table Company Team Block Terminal Ward Unit Zone Room
    Gate Model Count Annex Attachment Level Line Option Person Victim Individual Official
    Co-Conspirator Conspirator Executive Employee Associate Agency Division Series Chapter Article
    Item War Form Influenza Strep Camp Wing Platform Lot Flight Channel Studio Pool
    """.split()
)

# Capitalised words that follow `U.S.`, `Corp.` or `Calif.` as part of one name or office, so that
# a verb after them proves nothing: `the U.S. Attorney said`, `Dell Inc. Chairman Smith said`.
OFFICES: Final = frozenset(
    """
    Acting Administration Administrator Agency Agent Air Airways Ambassador Ambassadors American
    Army Assistant Associate Attaché Attorney Attorneys Attorney’s Attorney's Bank Bankruptcy Board
    Border Bureau Cabinet Capitol Census Central Chairman Chairwoman Chair Chamber Chief Circuit
    Citizen Citizens Citizenship City Climate Coast Code Commander Command Commerce Commission
    Commissioner Comptroller Conference Congress Congressman Congresswoman Constitution Consul
    Consulate Corps Council Councilman Counsel Court Customs Cyber Cyberspace Defense Delegation
    Department Department’s Department's Deputy Director Directorate District Division Dollar
    Dollars Drug Economic Embassy Embassies Energy Envoy Environmental Executive Export FDA Federal
    Fifth Fire First Fish Fleet Food Foreign Forest Forces Fourth Geological Government Government’s
    Government's Governor Grand Green Health Homeland House Immigration Indo-Pacific Inspector
    Intelligence Interior International Judge Justice Labor Lawyers Legislature Magistrate Marine
    Marines Marshal Marshals Mayor Military Minister Mission Munitions National Naval Navy Northern
    Office Officer Official Open Pacific Parole Patent Permanent Postal President
    Presidential Pretrial Prime Probation Prosecutor Public Rep Representative Representatives
    Republican Republicans Democrat Democrats Secret Secretary Securities Security Sen Senate
    Senator Senators Sheriff Small Soccer Solicitor Southern Special Spokesman Spokeswoman State
    States Steel Strategic Criminal Supreme Surgeon Tax Tech Third Trade Treasury Treaty Trustee
    Trustees Sanctions Persons Companies Undersecretary Universities University Veterans Vice Virgin
    Western Eastern Second Gov Dr Mr Mrs Ms Gen Lt Col Adm
    """.split()
)

# `U.S.` and its like stand before any noun, so only a verb right after the noun shows a clause.
NATIONS: Final = frozenset("U.S U.S.A U.K U.N E.U U.A.E P.R.C U.S.S.R R.O.C D.P.R.K".split())

# Whose authorities open a sentence after it: `fled to the U.K. Chinese police then called`.
NATIONALITIES: Final = frozenset(
    """
    Afghan Algerian American Azerbaijani Bahraini Bangladeshi Belarusian British Cambodian Canadian
    Chinese Cuban Dutch Egyptian Emirati Eritrean Ethiopian European French Georgian German Greek
    Indian Indonesian Iranian Iraqi Israeli Italian Japanese Jordanian Kazakh Kazakhstani Kuwaiti
    Kyrgyz Laotian Lebanese Libyan Malaysian Mexican Moroccan Nicaraguan Nigerian Pakistani Polish
    Qatari Russian Rwandan Saudi Serbian Singaporean Somali Spanish Sudanese Swedish Swiss Syrian
    Taiwanese Tajik Tajikistani Thai Tibetan Tunisian Turkish Turkmen Ugandan Ukrainian Uyghur Uzbek
    Venezuelan Vietnamese Yemeni
    """.split()
)

# What follows `5 p.m.` inside a sentence.
CLOCK_FOLLOWERS: Final = frozenset(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Tues Wed Thu Thurs Fri Sat Sun
    January February March April May June July August September October November December Jan Feb
    Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec EST EDT ET CST CDT CT MST MDT MT PST PDT PT GMT UTC BST
    CET CEST IST JST HKT AEST AKDT HST Eastern Central Mountain Pacific Greenwich Beijing Moscow
    Local London Tokyo
    """.split()
)

# Names that carry their own exclamation or question mark.
SHOUTED_NAMES: Final = frozenset("Yahoo Yum Jeopardy E Guess Jeb Joomla Oliver Panic Ahoy".split())
