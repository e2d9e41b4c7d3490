"""What is written and what is spoken: one line an example."""

import pytest

from speecht5_demo.text import spoken_form

NUMBERS = [
    ("0 apples", "zero apples"),
    ("-5", "minus five"),
    ("−5", "minus five"),
    ("1,000,000", "one million"),
    ("1,234,567", "one million two hundred and thirty-four thousand five hundred and sixty-seven"),
    ("0.5", "zero point five"),
    (".5", "zero point five"),
    ("3.14159", "three point one four one five nine"),
    ("007", "zero zero seven"),
    ("the 1st and the 22nd", "the first and the twenty-second"),
    ("the 1,000th", "the one thousandth"),
    ("5%", "five percent"),
    ("50–60 %", "fifty to sixty percent"),
    ("1/2", "one half"),
    ("3 1/2", "three and a half"),
    ("3½", "three and a half"),
    ("2/3", "two thirds"),
    ("24/7", "twenty-four seven"),
    ("10-20", "ten to twenty"),
    ("pages 3–5", "pages three to five"),
    ("10 - 5 = 5", "ten minus five equals five"),
    ("16:9", "sixteen to nine"),
    ("1e-5", "one times ten to the power of minus five"),
    ("10⁶", "ten to the power of six"),
    ("x^2", "x squared"),
    ("9" * 20, " ".join(["nine"] * 20)),
]
DATES = [
    ("in 1984", "in nineteen eighty-four"),
    ("in 2005", "in two thousand and five"),
    ("1984 apples", "one thousand nine hundred and eighty-four apples"),
    ("the 1900s", "the nineteen hundreds"),
    ("the 1980s", "the nineteen eighties"),
    ("the '90s", "the nineties"),
    ("the ’90s", "the nineties"),
    ("1990-1995", "nineteen ninety to nineteen ninety-five"),
    ("2026-11-23", "November twenty-third, twenty twenty-six"),
    ("23 Nov 2026", "the twenty-third of November, twenty twenty-six"),
    ("23rd of November 2026", "the twenty-third of November, twenty twenty-six"),
    ("Nov. 23, 2026", "November twenty-third, twenty twenty-six"),
    ("11/23/2026", "November twenty-third, twenty twenty-six"),
    ("23/11/2026", "November twenty-third, twenty twenty-six"),
    ("23.11.2026", "November twenty-third, twenty twenty-six"),
    ("Nov 2026", "November twenty twenty-six"),
    ("Mon, 23 Nov", "Monday, the twenty-third of November"),
    ("3:30 pm", "three thirty p m"),
    ("14:05", "fourteen oh five"),
    ("12:00", "twelve o'clock"),
    ("9am", "nine a m"),
    ("at 5 a.m. We left.", "at five a m. We left."),
    ("9-11am", "nine to eleven a m"),
]
MONEY = [
    ("$5.50", "five dollars and fifty cents"),
    ("$1", "one dollar"),
    ("$1.00", "one dollar"),
    ("$0.99", "ninety-nine cents"),
    ("$1.2 million", "one point two million dollars"),
    ("$3bn", "three billion dollars"),
    ("$1,234.56", "one thousand two hundred and thirty-four dollars and fifty-six cents"),
    ("£3", "three pounds"),
    ("£3.01", "three pounds and one penny"),
    ("€20", "twenty euros"),
    ("20 €", "twenty euros"),
    ("¥500", "five hundred yen"),
    ("99¢", "ninety-nine cents"),
    ("-$4", "minus four dollars"),
    ("$-4", "minus four dollars"),
    ("$10-20", "ten to twenty dollars"),
    ("5 USD", "five U S dollars"),
    ("$5/month", "five dollars per month"),
    ("a $5 bill", "a five dollar bill"),
]
UNITS = [
    ("5 km", "five kilometers"),
    ("1 km", "one kilometer"),
    ("10kg", "ten kilograms"),
    ("20°C", "twenty degrees Celsius"),
    ("-5°F", "minus five degrees Fahrenheit"),
    ("60 mph", "sixty miles per hour"),
    ("60 km/h", "sixty kilometers per hour"),
    ("5'11\"", "five feet eleven"),
    ("5′11″", "five feet eleven"),
    ("5 m²", "five square meters"),
    ("16kHz", "sixteen kilohertz"),
    ("8 GB", "eight gigabytes"),
    ("5 μs", "five microseconds"),
    ("1920x1080 px", "nineteen twenty by one thousand and eighty pixels"),
    ("10x faster", "ten times faster"),
    ("5-year-old", "five-year-old"),
]
NAMES = [
    ("Henry VIII", "Henry the eighth"),
    ("World War II", "World War two"),
    ("Chapter IV", "Chapter four"),
    ("Part I like", "Part I like"),
    ("555-123-4567", "five five five, one two three, four five six seven"),
    ("+49 30 1234567", "plus four nine, three zero, one two three four five six seven"),
    ("v2.0.1", "version two point zero point one"),
    ("192.168.0.1", "one hundred and ninety-two dot one hundred and sixty-eight dot zero dot one"),
    ("NASA", "Nasa"),
    ("FBI", "F B I"),
    ("GPUs", "G P Us"),
    ("INT8", "int eight"),
    ("fp32", "F P thirty-two"),
    ("GPT-4", "G P T four"),
    ("COVID-19", "Covid nineteen"),
    ("SpeechT5", "SpeechT five"),
    ("HELLO WORLD, THIS IS ALL", "hello world, this is all"),
    ("AT&T", "A T and T"),
    ("C++ and C#", "C plus plus and C sharp"),
    ("Node.js", "Node dot J S"),
]
ABBREVIATIONS = [
    ("Dr. Smith", "Doctor Smith"),
    ("Ask Mr. Jones and Mrs. Hill", "Ask Mister Jones and Missus Hill"),
    ("5 Main St. near St. John", "five Main Street near Saint John"),
    ("e.g. this", "for example this"),
    ("i.e., that", "that is, that"),
    ("cats, dogs, etc.", "cats, dogs, et cetera."),
    ("cats, etc. They sleep.", "cats, et cetera. They sleep."),
    ("cats vs. dogs", "cats versus dogs"),
    ("No. 5", "number five"),
    ("No. That is wrong.", "No. That is wrong."),
    ("#5", "number five"),
    ("the U.S. Army", "the U S Army"),
    ("in the U.S.", "in the U S."),
    ("Jan. 5", "January fifth"),
    ("Acme Inc. grows", "Acme Incorporated grows"),
    ("approx. 5", "approximately five"),
    ("J. K. Rowling", "J K Rowling"),
    ("Plan B. It works.", "Plan B. It works."),
    ("pp. 3-5", "pages three to five"),
]
SYMBOLS = [
    ("salt & pepper", "salt and pepper"),
    ("2 + 2 = 4", "two plus two equals four"),
    ("and/or", "and or"),
    ("~5", "about five"),
    ("a < b > c", "a less than b greater than c"),
    ("2 × 3", "two times three"),
    ("2*3", "two times three"),
    ("Acme™ © 2026", "Acme trademark copyright twenty twenty-six"),
    ("§ 5", "section five"),
    ("20°", "twenty degrees"),
    ("“Hello” — she said", "Hello, she said"),
    ("well… maybe", "well, maybe"),
    ("yes (really) [now]", "yes, really, now"),
    ("‘ok’ isn’t “it”", "ok isn't it"),
    ("Wow!!! What??? Really?!", "Wow! What? Really?"),
    ("café naïve Zürich straße", "cafe naive Zurich strasse"),
    ("ﬁne 𝐛𝐨𝐥𝐝 ｗｉｄｅ", "fine bold wide"),
    ("the α and β", "the alpha and beta"),
    ("Hi 😀", "Hi, grinning face"),
    ("Hi 😂😂😂!", "Hi, face with tears of joy, three times!"),
    ("🇫🇷", "flag of France"),
    ("Fine :-)", "Fine, smiling face"),
    ("a ∴ b", "a, therefore, b"),
]
LINKS = [
    (
        "https://www.example.com/a_b?x=1",
        "w w w dot example dot com slash a underscore b question mark x equals one",
    ),
    ("See example.co.uk.", "See example dot co dot u k."),
    ("me.you@example.com", "me dot you at example dot com"),
    ("#MachineLearning by @ada_l", "hashtag Machine Learning by at ada underscore l"),
    ("report_final.pdf", "report underscore final dot P D F"),
]
MARKUP = [
    ("<b>bold</b> &amp; <br/>new", "bold and new"),
    ("if a <b and c> d", "if a less than b and c greater than d"),
    ("**bold** _and_ `code`", "bold and code"),
    ("[the page](http://example.com)", "the page"),
    ("# Title\n\nText", "Title.\nText"),
    ("Buy:\n- milk\n- eggs", "Buy: milk. eggs"),
    ("1. Rise\n2. Shine", "one, Rise. two, Shine"),
    ("a line that is wrapped\nin the middle", "a line that is wrapped in the middle"),
    ("One.\n\nTwo.", "One.\nTwo."),
    ("zero\u200bwidth \u202bmark\u202c\x00 bell\x07", "zerowidth mark bell"),
    ("a\tb\u00a0c", "a b c"),
]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        example
        for table in (NUMBERS, DATES, MONEY, UNITS, NAMES, ABBREVIATIONS, SYMBOLS, LINKS, MARKUP)
        for example in table
    ],
)
def test_text_is_written_out(written, spoken):
    assert spoken_form(written) == spoken


def test_a_whole_paragraph_reads_naturally():
    written = "On Nov. 23, 2026, Dr. Lee paid $5.50 (i.e. 10% more) for 3 1/2 lbs. of café-style coffee!"
    assert spoken_form(written) == (
        "On November twenty-third, twenty twenty-six, Doctor Lee paid five dollars and fifty cents, "
        "that is ten percent more, for three and a half pounds of cafe-style coffee!"
    )
