#!/usr/bin/env python3
"""Computes tests/analysis/statistics/reference.json with numpy, scipy and statsmodels.

Debian: apt-get install python3-numpy python3-scipy python3-statsmodels
Run:    tests/analysis/statistics/make_reference.py > tests/analysis/statistics/reference.json
"""
import itertools
import json
import math

import numpy as np
import scipy
import scipy.stats
import statsmodels
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from random_patterns import tests_of_random_patterns
from sign_patterns import p_above, p_below, p_two_sided

rng = np.random.default_rng(20240611)


def samples():
    yield [0.25]
    yield [3.0, -1.0]
    for n in (3, 4, 5, 8, 9, 10, 21):
        yield np.round(rng.normal(size=n), 3).tolist()
    yield np.round(rng.exponential(size=12), 1).tolist()  # ties


def describe(x):
    return {
        "values": x,
        "mean": np.mean(x),
        "median": np.median(x),
        "interquartile_mean": scipy.stats.trim_mean(x, 0.25),
        "quantiles": {str(p): np.quantile(x, p) for p in (0.0, 0.025, 0.25, 0.6, 0.975, 1.0)},
    }


def wilson(k, n):
    ci = scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    return {"successes": k, "trials": n, "low": ci.low, "high": ci.high}


def multisets(x):
    """All multisets of len(x) indices into x with their probability under resampling with replacement."""
    n = len(x)
    for picks in itertools.combinations_with_replacement(range(n), n):
        counts = np.bincount(picks, minlength=n)
        weight = math.factorial(n)
        for c in counts:
            weight //= math.factorial(c)
        yield [x[i] for i in picks], weight / n**n


def exact_bootstrap(strata, statistic):
    """The exact bootstrap distribution by enumeration, and brackets for the ends of a 10,000-resample interval.

    An end estimated from 10,000 resamples is the exact quantile of a probability that lies within five standard
    errors of the nominal one.
    """
    values, weights = [], []
    for combination in itertools.product(*[list(multisets(x)) for x in strata]):
        values.append(statistic([c[0] for c in combination]))
        weights.append(math.prod(c[1] for c in combination))
    order = np.argsort(values, kind="stable")
    values, cumulative = np.array(values)[order], np.cumsum(np.array(weights)[order])

    def at(p):
        return float(values[min(np.searchsorted(cumulative, p), len(values) - 1)])

    def bracket(p):
        error = 5 * math.sqrt(p * (1 - p) / 10000)
        return [at(p - error), at(p + error)]

    return {"strata": strata, "low": bracket(0.025), "high": bracket(0.975)}


def improvement(a, b):
    probability = scipy.stats.mannwhitneyu(a, b).statistic / (len(a) * len(b))
    trials = min(len(a), len(b))
    low, high = proportion_confint(probability * trials, trials, method="wilson")
    delta = np.mean(np.sign(np.subtract.outer(a, b)))
    return {"a": a, "b": b, "probability": probability, "low": low, "high": high, "delta": delta}


def newcombe(k1, n1, k2, n2):
    """Newcombe's interval for the difference of two rates, whose ends combine those of two Wilson intervals."""
    low, high = confint_proportions_2indep(k1, n1, k2, n2, method="newcomb", compare="diff")
    return {"successes": [k1, k2], "trials": [n1, n2], "low": low, "high": high}


def profile(tasks, thresholds):
    shares = [np.mean([np.mean(np.array(scores) >= t) for scores in tasks]) for t in thresholds]
    return {"tasks": tasks, "thresholds": thresholds, "shares": shares}


def slopes(x, rows):
    return {"x": x, "rows": rows, "slopes": [scipy.stats.linregress(x, row).slope for row in rows]}


def permutation_p(d, alternative):
    """Exact up to 40 pairs. From 21 on all sign patterns are too many for scipy, whose random ones must agree."""
    exact = len(d) <= 20
    p = scipy.stats.permutation_test(
        (np.array(d),), np.mean, permutation_type="samples", alternative=alternative,
        n_resamples=np.inf if exact else 1000000, batch=100000, random_state=rng).pvalue
    if exact:
        return p
    count = {"two-sided": p_two_sided, "greater": p_above, "less": p_below}[alternative]
    counted = count([round(100 * x) for x in d])
    assert np.allclose(np.round(d, 2), d) and abs(p - counted) < 5 * math.sqrt(p * (1 - p) / 1000000)
    return counted


def sign_flip(d):
    return {"differences": d, "p": permutation_p(d, "two-sided")}


def one_sided(d):
    """P-values of center > 0 and of center < 0."""
    return {alternative: permutation_p(d, alternative) for alternative in ("greater", "less")}


def subset_means(d):
    d = np.array(d)
    if len(d) <= 20:
        members = itertools.product((False, True), repeat=len(d))
        return np.sort([d[list(m)].mean() for m in members if any(m)])
    flips = rng.integers(0, 2, size=(1000000, len(d)))
    return np.sort(flips @ d / flips.sum(axis=1))


def center(d, level):
    """The interval that leaves floor(alpha / 2 2^n) of the 2^n gaps between subset means out on each side.

    Beyond 20 pairs the ends are brackets, five standard errors of 100,000 random subsets to each side.
    """
    means, exact = subset_means(d), len(d) <= 20
    if exact:
        cut = math.floor((1 - level) / 2 * (len(means) + 1) + 1e-6)
        low, high = (means[cut - 1], means[-cut]) if cut else (None, None)
    else:
        p = (1 - level) / 2
        error = 5 * math.sqrt(p * (1 - p) * (1e-5 + 1e-6))
        low, high = (np.quantile(means, [q - error, q + error]).tolist() for q in (p, 1 - p))
    return {"differences": d, "level": level, "exact": exact, "low": low, "high": high}


def equivalence(d, margin):
    above, below = one_sided(np.array(d) + margin)["greater"], one_sided(np.array(d) - margin)["less"]
    return {"differences": d, "margin": margin, "p": max(above, below)}


def survival(times, seen):
    estimate = SurvfuncRight(np.array(times), np.array(seen, dtype=int))
    # statsmodels' own quantile() asks for less than one half; the usual definition, and ours, for at most one half.
    reached = estimate.surv_times[estimate.surv_prob <= 0.5 + 1e-12]
    # Wilson's interval (Rothman 1978) for the number of trials whose rate has the standard error of Greenwood.
    steps, size = [], None
    for t, s, error, at_risk in zip(estimate.surv_times, estimate.surv_prob, estimate.surv_prob_se, estimate.n_risk):
        s, error = float(s), float(error) if s > 0 else 0.0
        size = s * (1 - s) / error**2 if 0 < s < 1 else float(at_risk) if size is None else size
        low, high = proportion_confint(s * size, size, method="wilson")
        steps.append([float(t), s, error, max(0.0, low), min(1.0, high)])
    return {
        "times": times, "seen": seen,
        "steps": steps,
        "median": float(reached[0]) if len(reached) else None,
    }


def restricted_mean(times, seen, horizon):
    estimate = SurvfuncRight(np.array(times), np.array(seen, dtype=int))
    ends = np.minimum(np.concatenate([[0.0], estimate.surv_times, [horizon]]), horizon)
    return {"times": times, "seen": seen, "horizon": horizon,
            "mean": float(np.sum(np.diff(np.sort(ends)) * np.concatenate([[1.0], estimate.surv_prob])))}


def log_rank(a, b):
    times, seen = a[0] + b[0], a[1] + b[1]
    chi_square, p = survdiff(np.array(times), np.array(seen), np.array([0] * len(a[0]) + [1] * len(b[0])))
    return {"times": [a[0], b[0]], "seen": [a[1], b[1]], "chi_square": float(chi_square), "p": float(p)}


def lifetimes(n, scale, budget, digits):
    """Exponential times, of which those beyond the budget are not seen."""
    times = np.round(rng.exponential(scale, size=n), digits) + 10.0**-digits
    return np.minimum(times, budget).tolist(), (times <= budget).astype(int).tolist()


def families():
    yield [0.04]
    yield [0.01, 0.04, 0.03, 0.005]
    yield [0.5, 0.001, 0.5, 0.02, 0.9]


def rounded_normal(n, shift=0.0, digits=2):
    return np.round(rng.normal(loc=shift, size=n), digits).tolist()


reference = {
    "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
    "describe": [describe(x) for x in samples()],
    "wilson": [wilson(k, n) for n in (1, 3, 5, 10, 27) for k in sorted({0, 1, n // 2, n - 1, n})],
    "bootstrap_iqm": [
        exact_bootstrap([rounded_normal(8)], lambda s: scipy.stats.trim_mean(s[0], 0.25)),
        exact_bootstrap([rounded_normal(10)], lambda s: scipy.stats.trim_mean(s[0], 0.25)),
    ],
    "bootstrap_mean_of_means": [
        exact_bootstrap([rounded_normal(5), rounded_normal(4, 3.0)], lambda s: np.mean([np.mean(x) for x in s])),
    ],
    "improvement": [
        improvement([1.0, 2.0, 3.0], [0.5, 2.0]),
        improvement(rounded_normal(10, 0.5), rounded_normal(12)),
        improvement(rounded_normal(9, 0.2, 0), rounded_normal(9, 0.0, 0)),  # many ties
    ],
    "sign_flip": [
        sign_flip(rounded_normal(9, 1.0)), sign_flip(rounded_normal(10)), sign_flip(rounded_normal(12, 0.3, 0)),
        sign_flip([0.1 * i for i in range(1, 11)]), sign_flip(rounded_normal(15, 0.6)),
        sign_flip(rounded_normal(30, 0.3)),
    ],
    "holm": [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in families()],
    "survival": [
        survival([100.0, 200.0, 300.0, 400.0, 400.0], [1, 1, 1, 0, 0]),
        survival([100.0, 400.0, 400.0, 400.0], [1, 0, 0, 0]),
        survival([5.0, 5.0, 7.0, 7.0, 7.0, 9.0, 11.0, 12.0], [1, 0, 1, 1, 0, 0, 1, 0]),
        survival([2.0, 4.0], [1, 1]),
        survival(np.round(rng.exponential(size=25), 1).tolist(), rng.integers(0, 2, size=25).tolist()),
    ],
    "one_sided": [{"differences": d} | one_sided(d) for d in (
        rounded_normal(9, 1.0), rounded_normal(10, -0.2), rounded_normal(12, 0.3, 0), [0.1 * i for i in range(-3, 7)],
        rounded_normal(30, 0.3))],
    "center": [
        center(d, level)
        for d, level in ((rounded_normal(3), 0.95), (rounded_normal(5), 0.95), (rounded_normal(5), 0.9),
                         (rounded_normal(9), 0.95), (rounded_normal(10, 0.5), 0.95), (rounded_normal(10, 0.5), 0.9),
                         (rounded_normal(12, 0.3, 0), 0.95), (rounded_normal(16), 0.75), (rounded_normal(30), 0.95))],
    "equivalence": [equivalence(d, margin) for d, margin in (
        (rounded_normal(10), 0.5), (rounded_normal(10), 1.0), (rounded_normal(12, 0.3, 0), 1.0))],
    "restricted_mean": [
        restricted_mean(*lifetimes(n, 2.0, budget, 1), horizon)
        for n, budget, horizon in ((10, 3.0, 3.0), (10, 3.0, 2.05), (12, 50.0, 50.0), (8, 0.05, 0.05))],
    "log_rank": [
        log_rank(lifetimes(10, 1.0, 3.0, 2), lifetimes(10, 4.0, 3.0, 2)),
        log_rank(lifetimes(9, 1.0, 2.0, 0), lifetimes(12, 1.5, 2.0, 0)),  # many ties
        log_rank(lifetimes(20, 1.0, 9.0, 1), lifetimes(20, 1.0, 2.0, 1)),
        log_rank(([1.0, 2.0, 3.0], [1, 1, 1]), ([4.0, 4.0], [0, 0]))],
    "newcombe": [newcombe(*counts) for counts in ((7, 10, 3, 10), (10, 10, 4, 12), (0, 9, 0, 20), (20, 20, 0, 20))],
    "profile": [
        profile([rounded_normal(n, shift, 1) for n, shift in ((10, 0), (12, 1), (9, 3))], [-5.0, -0.5, 0.0, 1.2, 9.0])],
    "slopes": [slopes([1.0, 2.0, 4.0, 8.0], [rounded_normal(4) for _ in range(5)]),
               slopes([0.1, 0.4], [[3.0, 1.0], [1.0, 1.0]])],
    "random_patterns": tests_of_random_patterns([(i * 7 % 11 - 4) / 8 for i in range(60)], 0.95, 0.25),
}
print(json.dumps(reference, indent=1))
