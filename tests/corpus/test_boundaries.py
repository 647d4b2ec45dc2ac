"""Sentence boundaries: one case a rule, the traps of news text, and what holds for any text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claimtypes.corpus.boundaries import SEGMENTATION, sentence_spans
from claimtypes.corpus.boundary_words import KINDS, Kind

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = [
    json.loads(line)
    for line in (ROOT / "tests/data/golden_rules.jsonl").read_text("utf-8").splitlines()
]


def publisher_styles() -> list[pytest.param]:
    """Cases of tests/data/publisher_styles.txt; the unsolved ones must fail, or be moved up."""
    cases, marks = [], ()
    for line in (ROOT / "tests/data/publisher_styles.txt").read_text("utf-8").splitlines():
        if line == "# unsolved":
            marks = (pytest.mark.xfail(strict=True, reason="known and open"),)
        elif not line.startswith("# "):
            cases.append(pytest.param(line, marks=marks, id=line[:40]))
    return cases


# One string a case; `|` stands where a sentence must end, and a space follows it in the text.
TRAPS = {
    "agency after U.S.": "The U.S. Justice Department charged 51 men in the U.S.|The trial is on.",
    "company in the middle": "It told Acme Corp. and Beta Inc. that Gamma Ltd. had left.",
    "company at the end": "It told the Canadian Broadcasting Corp.|The group left.",
    "company, then its officer": "Acme Corp. Chairman John Poe said so.",
    "company, then a new subject": "He founded Acme Corp.|Poe was later charged.",
    "company, then a gerund": "It names Citigroup Inc.|Totaling $7 billion, it was big.",
    "company and its short name": "Smart Power Systems Inc. (SPS) left.|It was fined.",
    "company forms in a row": "NEL Electronics Pte. Ltd. and Hansa Co. Ltd. were fined.",
    "ranks": "Lt. Gen. Ann Poe, Maj. Gen. Li and Brig. Gen. Roe met Gov. Lee.|They left.",
    "shouted titles": "MR. KIRBY: No.|MS. JEAN-PIERRE: Yes.",
    "the SEC is no section": "It filed with the SEC.|In addition, it paid.",
    "clock before a weekday": "It opens at 10 a.m. Monday.|It closes at 5 p.m. EST.",
    "clock at the end": "The raid began at 4 a.m.|No one was hurt.",
    "clock, then a subject": "The raid began at 4 a.m.|Police said nothing.",
    "P.M. as a word": "It said the P.M. said no.",
    "initials": "J. K. Smith, J.K. Rowe and George W. Bush met.|They left.",
    "initial before initial": "It was P. D. James who wrote it.",
    "vitamin": "He lacked vitamin C.|He recovered.",
    "plan": "They chose Plan B.|The plan failed.",
    "victim": "He shackled Victim A.|With her restrained, he left.",
    "world war": "It began in World War I.|The end was far.",
    "king": "He admired Louis XIV.|He was king.",
    "ellipsis inside a quotation": "“It is easier to … bring them back,” Harth said.",
    "ellipsis after a full stop": "“They use kidnapping.|… Officials say so.”",
    "ellipsis at a word": "We waited…|The door opened.",
    "ellipsis in brackets": "He wrote that “the law […] is dead” in 2019.",
    "four dots": "You promise a favor....|You get a document.",
    "quotation closes after the stop": "“We know that.”|Fox Hunt went on.",
    "sentences in one quotation": "“We went.|We saw.|We left,” he said.|“Then what?”",
    "straight quotes": '"It is over."|"Really?" she asked.|He said "no."|She left.',
    "single quotes": "‘It is over.’|Then he left.",
    "question, then who asked": "“Is it over?” he asked.|“Yes.”",
    "question, then a named asker": "“Is it over?” Laura Harth asked.|Nobody answered.",
    "outcry, then who said it": "“Never!” Rabuka said in Suva.|He sat down.",
    "question mark inside the sentence": "He read “Who Is Afraid?” in 1962.",
    "outcry in parentheses": "The man (a hero!) Smith had met left.",
    "heading with quotes": "‘Educate’ and ‘persuade’",
    "dash": "The programs — known to all — grew.|It — the office – closed.",
    "dash after a dateline": "WASHINGTON, D.C. — The court agreed.|It ruled.",
    "dateline without its dash": "MACON, Ga. A man was sentenced today.|He left.",
    "parenthesised sentence": "He left.|(He was not asked.)|The court agreed.",
    "parenthesis inside": "He left (he was not asked).|The court agreed.",
    "parenthesis with stop inside": "He left (he was not asked.) and returned.",
    "citation in parentheses": "“The law is dead.” (Rowe 12).|Others disagree.",
    "credit at the end of a line": "He called it “a war.” (Reuters)",
    "party and state": "Sen. Ted Poe (R-Texas) and Rep. Lee (D-Calif.) spoke.|He left.",
    "lettered paragraphs": "Membership.|(a) The group shall meet.",
    "section number": "Sec. 3. The Secretary shall act.|He did.",
    "web address": "See https://www.example.com/a.b/c?x=1.Y.|Then reply.",
    "bare site": "It is on example.com.|The site is new.",
    "e-mail": "Mail Jane.Doe@example.com.|She replies.",
    "decimals": "It paid $3.5 million, or 2.75 percent.|In 2019 it was 4.|It rose.",
    "number after a stop": "It happened in 2019.|45 people died.",
    "No. 5": "He is No. 5 on list No. CR-12.|No. 10 was silent.",
    "the answer no": "The answer is no.|It was always no.",
    "months": "On Jan. 5 and Sept. 11, 2001, and in Dec. 2004 he left.|In Nov.|The rest came.",
    "weekday and month": "They met on Fri. Jan. 5 in Oslo.",
    "article and page": "Art. 5 applies, see p. 5, pp. 6-7, fig. 3 and vol. 2.|It is law.",
    "statute": "He violated 18 U.S.C. 1030 and E.O. 13405.|He pleaded guilty.",
    "versus": "In Roe v. Wade and Poe vs. Lee it lost.|He appealed.",
    "courtesy": "Mr. and Mrs. Poe met Dr. Li and Ms. Roe.|They left.",
    "junior": "Ronald C. Machen Jr. of Ohio spoke.|So did Cyrus R. Vance Jr.|It was late.",
    "degrees": "Jane Li, Ph.D., and Poe, M.D., left.|She has a Ph.D.|He has none.",
    "state": "He is from Calif. and lives in Santa Ana, Calif.|He is 50.",
    "state, then a named subject": "Wenzek was held in Orlando, Fla.|Wenzek has been released.",
    "capital": "It is in Washington, D.C.|The mayor spoke.",
    "saint and street": "St. Paul is near 5th St.|The town is old.",
    "place names": "He went to Ft. Worth, Mt. Fuji and St. Petersburg.",
    "nation at a sentence end": "It is sold outside the U.S.|Ajily, a businessman, sold it.",
    "nation before its policy": "We reaffirm, of course, the U.S. One China Policy.",
    "nation in a compound": "A U.S.-based firm paid.|U.S.-led forces left.",
    "et al. and etc.": "Li et al. found it.|They saw Poe, Roe, etc.|They left.",
    "shouting name": "It was bought by Yahoo! Inc. in 2005.",
    "bullets": "- One suspect returned, officials said.",
    "numbered item": "1. Do it.|Then rest.",
    "footnote in brackets": "The court agreed.[1]|The next case is new.",
    "footnote digit": "The court agreed.1|The next case is new.",
    "footnote after a quotation": "He called it “legal.”12|The court agreed.",
    "superscript": "The court agreed.¹²|The next case is new.",
    "colon and semicolon": "He said: The law is clear; It is dead.",
    "non-breaking space": "He left.|\u00a0Gov.\u00a0Lee met Mr.\u00a0Poe.",
    "small letter after a stop": "It joined al-Shabaab.|al-Shabaab denied it.",
    "bracketed capital": "He wrote: “I told him.|[W]e left.”",
    "stop in brackets": "“I will send it over the weekend[.]|Ask me,” he wrote.",
    "run of marks": "What?!|No way!!|Who…?|Nobody.",
    "lost space is none in a name": "He uses Node.Js and Jane.Doe@example.com daily.",
}

GLUED = {
    "lost space": "It acts globally.|As one step, it paid.|That is all",
    "lost space after a number": "It bought 1,000.|That is a lot.",
    "lost space after a quotation": "He said “no.”|The court agreed.",
    "Chinese": "他说。|她走了！|真的吗？|好",
    "Japanese quotation": "「行く。」と言った。|次。",
    "zero-width space": "He left.\u200b|The court agreed.",
    "right-to-left mark": "He left.\u200f |The court agreed.",
    "byte-order mark": "He left. |\ufeffThe court agreed.",
    "bidi override after a quotation": "“He left.”\u202c |The court agreed.",
    "two spaces": "He left.  |The court agreed.",
    "paragraphs": "He left\n\n|The court agreed\n|And so on",
    "Windows line ends": "He left.\r\n|The court agreed.",
    "line and paragraph separators": "He left\u2028|The court\u2029|agreed",
}

SHAPES = [
    ".", ". . .", '."', "(", "?!", "..[111 111 ", "\0.", "A.", "e.g.", "“”", "1.2.", "[.]",
    "… ", ". “", '.) "(?! U.S. … 1. ',
]  # fmt: skip

ODD_TEXT = st.text(
    st.sampled_from(
        "aZ bC.Se!?…\"'“”‘’()[]{}-–—•⁃*,;:0123456789 \n\t\r\u00a0\u200b\u202e\ufeff"
        "\u2028\0@/é中。！ßΩ"
    ),
    max_size=120,
)
NEWS_TEXT = st.lists(
    st.sampled_from(
        "The He said U.S. Corp. Mr. J. p.m. Jan. 5 no. “We ”. … . . ? ! (a) [1] 1. 2. a. b. • \n "
        "Smith was .\u200b D.C. St. said.The , : 。 and Calif.".split(" ")
    ),
    max_size=40,
).map(" ".join)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["rule"])
def test_golden_rule(case: dict[str, list[str]]) -> None:
    assert cut(" ".join(case["sentences"])) == case["sentences"]


@pytest.mark.parametrize("marked", TRAPS.values(), ids=TRAPS.keys())
def test_news_trap(marked: str) -> None:
    sentences = marked.split("|")
    assert cut(" ".join(sentences)) == [sentence.strip() for sentence in sentences]


@pytest.mark.parametrize("marked", publisher_styles())
def test_styles_of_many_publishers(marked: str) -> None:
    lines = [line.split("|") for line in marked.split("\\n")]
    text = "\n".join(" ".join(sentences) for sentences in lines)
    assert cut(text) == [sentence for sentences in lines for sentence in sentences]


@pytest.mark.parametrize("marked", GLUED.values(), ids=GLUED.keys())
def test_boundary_without_a_plain_space(marked: str) -> None:
    assert cut(marked.replace("|", "")) == [sentence.strip() for sentence in marked.split("|")]


def test_two_answers_where_one_word_decides() -> None:
    assert cut("He lives in the U.S. Attorney General Li met him.") != cut(
        "He lives in the U.S. The Attorney General met him."
    )
    assert len(cut("He lives in the U.S. The Attorney General met him.")) == 2


def test_version_is_a_string() -> None:
    assert SEGMENTATION


@pytest.mark.parametrize("kind", list(Kind))
def test_no_abbreviation_is_taken_for_a_plain_word(kind: Kind) -> None:
    # The pattern takes five small letters for a whole word; a longer abbreviation must be excluded.
    follower = "7" if kind in (Kind.NUMBERED, Kind.DATE) else "Rowe"
    if kind is Kind.CLOCK:
        follower = "Monday"
    for word in [word for word in KINDS if KINDS[word] is kind]:
        assert len(cut(f"Then they all met the {word}. {follower}")) == 1, word


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u00a0\u2028\t"])
def test_blank_text_has_no_sentences(text: str) -> None:
    assert sentence_spans(text) == []


def assert_lossless(text: str) -> None:
    end_before = 0
    for start, end in sentence_spans(text):
        assert end_before <= start < end
        assert not text[end_before:start].strip(), "characters between two sentences"
        assert text[start:end] == text[start:end].strip()
        end_before = end
    assert not text[end_before:].strip(), "characters after the last sentence"


@given(ODD_TEXT | NEWS_TEXT | st.text(max_size=80))
@settings(max_examples=600, deadline=None)
@example("1. a 2. b 3.")
@example("• . • . •")
@example(". \u200b .\u200b")
def test_every_character_is_covered_once(text: str) -> None:
    assert_lossless(text)


@given(ODD_TEXT | NEWS_TEXT)
@settings(max_examples=400, deadline=None)
def test_lines_do_not_see_each_other(text: str) -> None:
    apart = []
    for line in re.finditer(r"[^\n\r\v\f\u2028\u2029]+", text):
        apart += [(line.start() + a, line.start() + b) for a, b in sentence_spans(line[0])]
    assert sentence_spans(text) == apart


@given(ODD_TEXT | NEWS_TEXT)
@settings(max_examples=200, deadline=None)
def test_whitespace_around_a_text_changes_nothing(text: str) -> None:
    around = sentence_spans(f" \n{text}\n ")
    assert [(start - 2, end - 2) for start, end in around] == sentence_spans(text)


@pytest.mark.parametrize("shape", SHAPES)
def test_adversarial_punctuation_is_segmented_at_length(shape: str) -> None:
    # Quadratic rules would not come back from this; scripts/compare_segmenters.py measures it.
    assert_lossless(shape * (60_000 // len(shape)))


def test_seed_article(shared: Path) -> None:
    text = (shared / "reporting" / "overseas_policing.txt").read_text("utf-8")
    sentences = cut(text)
    assert_lossless(text)
    assert len(sentences) == 84
    lines = text.splitlines()
    ends = tuple(".”:")
    assert all(sentence.endswith(ends) or sentence in lines for sentence in sentences)
    assert not any(sentence[0].islower() for sentence in sentences)
    inside = [s for s in sentences if re.search(r"[.?!]”? [“A-Z]", s)]
    kept = re.compile(r"U\.S\. (?:Justice|Indo)|Corp\. that")
    assert all(kept.search(sentence) for sentence in inside)


@pytest.fixture(scope="module")
def nlp():
    spacy = pytest.importorskip("spacy", reason="needs the extra: claimtypes[spacy]")
    pytest.importorskip("claimtypes.corpus.spacy_component")
    nlp = spacy.blank("en")
    nlp.add_pipe("claimtypes_sentences")
    return nlp


class TestSpacyComponent:
    @staticmethod
    def offsets(doc) -> list[tuple[int, int]]:
        """Offsets of `doc.sents` without the whitespace tokens that spaCy must put somewhere."""
        spans = []
        for sentence in doc.sents:
            text = sentence.text
            start = sentence.start_char + len(text) - len(text.lstrip())
            if text.strip():
                spans.append((start, start + len(text.strip())))
        return spans

    @pytest.mark.parametrize("marked", [*TRAPS.values(), *GLUED.values()])
    def test_same_sentences(self, nlp, marked: str) -> None:
        text = marked.replace("|", " ")
        doc = nlp(text)
        assert doc.text == text
        assert self.offsets(doc) == sentence_spans(text)

    @given(text=ODD_TEXT | NEWS_TEXT)
    @settings(max_examples=200, deadline=None)
    def test_same_offsets_in_any_text(self, nlp, text: str) -> None:
        doc = nlp(text)
        assert doc.text == text
        assert self.offsets(doc) == sentence_spans(text)
        group = doc.spans["claimtypes_sentences"]
        assert [(span.start_char, span.end_char) for span in group] == sentence_spans(text)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_same_offsets_in_long_runs_of_punctuation(self, nlp, shape: str) -> None:
        text = f"He left. {shape * (8_000 // len(shape))}  The end."
        doc = nlp(text)
        assert doc.text == text
        assert self.offsets(doc) == sentence_spans(text)

    def test_ordinary_text_keeps_spacys_tokens(self, nlp) -> None:
        import spacy

        text = "“I don't know,” Gov. Lee said.\n\nHe can't go to example.com at 5p.m. on Jan. 5."
        plain = spacy.blank("en")(text)
        assert [(t.text, t.norm_) for t in nlp(text)] == [(t.text, t.norm_) for t in plain]

    def test_token_across_a_boundary_is_split(self, nlp) -> None:
        doc = nlp("I don't know 1,000.That is a lot.")
        assert [token.text for token in doc][4:6] == ["1,000.", "That"]
        assert [token.norm_ for token in doc][2] == "not"

    def test_token_is_split_without_the_guard_too(self) -> None:
        spacy = pytest.importorskip("spacy", reason="needs the extra: claimtypes[spacy]")
        pytest.importorskip("claimtypes.corpus.spacy_component")
        nlp = spacy.blank("en")
        nlp.add_pipe("claimtypes_sentences", config={"guard": False})
        doc = nlp("It bought 1,000.That is a lot.")
        assert [sentence.text for sentence in doc.sents] == ["It bought 1,000.", "That is a lot."]

    def test_pipeline_survives_disk_and_pickle(self, nlp, tmp_path) -> None:
        import pickle

        import spacy

        text = "He met Gov. Lee. “Go.” He bought 1,000.That is a lot."
        nlp.to_disk(tmp_path)
        for copy in (spacy.load(tmp_path), pickle.loads(pickle.dumps(nlp))):
            assert self.offsets(copy(text)) == sentence_spans(text)
