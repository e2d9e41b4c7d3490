"""How the numbers came about, written for the reviewer, with the formulas and where they are from.

The text is generated beside the numbers it describes: margin, thresholds and counts in it are those of this
analysis. Its sentences are messages; sources keep the titles they were published under.
"""

from __future__ import annotations

from dataclasses import dataclass

from speecht5_demo.listening.analysis.analysis import Analysis, Settings
from speecht5_demo.listening.analysis.power import chance_of_not_worse
from speecht5_demo.listening.analysis.screening import LEAST_VARIANCE, RULES
from speecht5_demo.listening.methods import ACR
from speecht5_demo.listening.playback import MUST_HEAR
from speecht5_demo.messages import Message, joined


@dataclass(frozen=True)
class MethodSection:
    """One section of the methods text.

    Attributes:
        title: heading.
        text: plain sentences.
        formula: in plain text; empty for none.
        sources: recommendations and papers.
    """

    title: str
    text: str
    formula: str = ""
    sources: tuple[str, ...] = ()


RIBEIRO = (
    "Ribeiro, Florêncio, Zhang, Seltzer: CrowdMOS: an approach for crowdsourcing mean opinion score "
    "studies. ICASSP 2011."
)
SEARLE = "Searle, Casella, McCulloch: Variance Components. Wiley 1992 (Henderson's method I, section 5.3)."
CAMERON = "Cameron, Gelbach, Miller: Robust inference with multiway clustering. JBES 29(2), 2011."
LINDON = (
    "Lindon, Ham, Tingley, Bojinov: Anytime-valid linear models and regression adjusted causal inference "
    "in randomized experiments. arXiv:2210.08589."
)
RANGE_EQUALIZING = (
    "Cooper, Yamagishi: Investigating range-equalizing bias in mean opinion score ratings of synthesized "
    "speech. Interspeech 2023."
)
SIGNIFICANCE = (
    "Rosenberg, Ramabhadran: Bias and statistical significance in evaluating speech synthesis with mean "
    "opinion scores. Interspeech 2017."
)
SIZE = (
    "Wester, Valentini-Botinhao, Henter: Are we using enough listeners? No! An empirically-supported "
    "critique of Interspeech 2014 TTS evaluations. Interspeech 2015."
)


def _method(settings: Settings) -> Message:
    """The question type, in words."""
    if settings.graded:
        return Message("Absolute category rating, {scale}", scale=Message(ACR.summary))
    low, high = settings.scale
    return Message("{name}, {low:g} to {high:g}", name=settings.method, low=low, high=high)


def methods(analysis: Analysis) -> tuple[MethodSection, ...]:
    """The methods of one analysis, in the order of the report."""
    settings, collected = analysis.settings, analysis.collected
    questions = " / ".join(f'"{one}"' for one in collected.questions) or Message("no question was recorded")
    applied = [Message(RULES[name]) for name in analysis.screening.applied]
    dropped = ", ".join(f"{n} {reason}" for reason, n in analysis.excluded.items()) or Message("none")
    conditions = ", ".join(collected.conditions) or Message("none")
    power = chance_of_not_worse(30, 20, settings.margin)
    return (
        MethodSection(
            Message("Ratings"),
            Message(
                "{method}; question: {questions}. Only blind ratings of test clips count: "
                "{counted} of {rows} rows read from {files} files; the others, by reason: {dropped}. A rating that "
                "occurs twice counts once.",
                method=_method(settings),
                questions=questions,
                counted=collected.counted,
                rows=collected.rows,
                files=collected.files,
                dropped=dropped,
            ),
            sources=("ITU-T P.800 (1996), annex B", "ITU-T P.808 (2021)"),
        ),
        MethodSection(
            Message("Mean opinion score"),
            Message(
                "The mean of all counted ratings of a variant. It is relative to the conditions it was heard with: "
                "{conditions}. Scores of studies with other conditions do not compare.",
                conditions=conditions,
            ),
            "MOS = sum(z[l,s]) / T",
            ("ITU-T P.800.1", RANGE_EQUALIZING),
        ),
        MethodSection(
            Message("95 % interval of a score"),
            Message(
                "Listeners and sentences are both samples of larger populations. Their variances and that of the "
                "remaining noise are found by the method of moments for unbalanced data; a negative estimate counts as "
                "zero. N_l ratings of listener l, M_s of sentence s, T in total, L listeners, S sentences. Where the "
                "layout cannot tell the variances apart, the two-way clustered variance takes their place."
            ),
            "var = sL2·sum(N_l²)/T² + sS2·sum(M_s²)/T² + sE2/T;  MOS ± t(0.975, min(L,S) - 1)·sqrt(var)",
            (RIBEIRO, SEARLE),
        ),
        MethodSection(
            Message("Two other intervals, for contrast"),
            Message(
                "Over listeners: a t interval of the listeners' means, which takes the sentences as fixed. Naive: "
                "1.96·s/sqrt(T), which takes every rating as a new listener's and is too narrow; it is shown because "
                "many papers print it."
            ),
            "mean(z[l]) ± t(0.975, L - 1)·s(z[l])/sqrt(L);   MOS ± 1.96·s/sqrt(T)",
            ("ITU-T P.1401 (2020)", SIGNIFICANCE),
        ),
        MethodSection(
            Message("Difference to {baseline}", baseline=settings.baseline),
            Message(
                "Paired: the same listener, sentence and speaker in both. Positive means that the variant was rated "
                "lower. The variance is clustered both ways and floored at the larger of its first two parts; G/(G-1) "
                "corrects each part for its number of groups. Over all comparisons, p is adjusted after Holm. "
                "Wilcoxon's signed-rank test on the listeners' mean differences is a check without normality."
            ),
            "D[l,s] = z_base[l,s] - z_variant[l,s];  V = V_listener + V_sentence - V_cell;  t on min(L,S) - 1",
            (
                CAMERON,
                "Holm: A simple sequentially rejective multiple test procedure. Scand. J. Stat. 6, 1979.",
            ),
        ),
        MethodSection(
            Message("Verdict"),
            Message(
                "The margin is {margin:g} points, fixed before the study. Not worse: the one-sided 95 % upper bound of "
                "D lies below the margin. Worse: the one-sided 95 % lower bound lies above 0. Otherwise undecided, "
                "with the number of further listeners that would give an 80 % chance of a verdict if the difference "
                "stayed what it looks like now. A p above 0.05 is never read as no difference. With 30 listeners who "
                "each hear 20 sentences, a variant that lost nothing is found not worse in {power:.0%} of studies of "
                "typical spread.",
                margin=settings.margin,
                power=power,
            ),
            Message("not worse: D + t(0.95)·sqrt(V) < margin;   worse: D - t(0.95)·sqrt(V) > 0"),
            (SIZE,),
        ),
        MethodSection(
            Message("Watching a study"),
            Message(
                "The thin intervals hold at every look together, so that a study may be watched and stopped when they "
                "say enough. They are wider, and speak about the sentences of this study only. The thick ones and the "
                "verdicts hold for one look, at a number of listeners fixed beforehand."
            ),
            "t² = (n-1)(c-1)/(1-c·r),  r = phi/(phi+n),  c = (1/(r·0.05²))^(1/n),  phi = 2;  mean ± t·s/sqrt(n)",
            (LINDON,),
        ),
        MethodSection(
            Message("Noise floor"),
            Message(
                "{baseline} is compared blind with itself under another seed in the same study: what differs there is "
                "the voice's own chance and the listeners'.",
                baseline=settings.baseline,
            ),
        ),
        MethodSection(
            Message("Screening"),
            Message(
                "A session is taken out of the screened tables when {rules}. Clips count as heard from {heard:.0%} on; "
                "the variance of a session's ratings must reach {variance:g}. Files keep every row.",
                rules=joined(
                    "; ",
                    [
                        Message("or when {rule}", rule=one) if place else one
                        for place, one in enumerate(applied)
                    ],
                )
                if applied
                else Message("a rule applies; the data hold nothing to check"),
                heard=MUST_HEAR,
                variance=LEAST_VARIANCE,
            ),
            sources=(
                "ITU-T P.808 (2021)",
                "Naderi, Cutler: An open source implementation of P.808. Interspeech 2020.",
            ),
        ),
        MethodSection(
            Message("Sensitivity"),
            Message(
                "Beside the headline, never instead of it: ratings with each listener's mean distance from the "
                "stimulus means subtracted, and ratings without the listeners that stray in more than 5 % of their "
                "ratings, up and down alike."
            ),
            sources=("ITU-T P.913 (2021), 12.4", "ITU-R BT.500-15, annex 1, 2.3.1"),
        ),
        MethodSection(
            Message("Order"),
            Message(
                "After the means of stimulus and listener are taken off, each listener gives one slope along the "
                "session, one difference of halves and one slope on the clip before; each is tested over listeners."
            ),
        ),
    )


def as_markdown(sections: tuple[MethodSection, ...]) -> str:
    """The methods as Markdown."""
    parts = []
    for one in sections:
        parts.append(f"## {one.title}\n\n{one.text}\n")
        if one.formula:
            parts.append(f"    {one.formula}\n")
        if one.sources:
            parts.append("Sources: " + "; ".join(source.rstrip(".") for source in one.sources) + ".\n")
    return "\n".join(parts)
