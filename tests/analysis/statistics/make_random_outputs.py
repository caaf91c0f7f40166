#!/usr/bin/env python3
"""Computes tests/analysis/statistics/random_outputs.txt: statistics of thousands of random inputs by other tools.

tests/analysis/random_inputs_test.cpp draws the same inputs from the same generator, so only outputs are stored: one line
per input, with the kind, the seed of the generator, and twelve significant digits of each output.

Debian: apt-get install python3-numpy python3-scipy python3-statsmodels
Run:    tests/analysis/statistics/make_random_outputs.py > tests/analysis/statistics/random_outputs.txt
"""
import itertools
import math

import numpy as np
import scipy.optimize
import scipy.stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from sign_patterns import p_above, p_below, p_two_sided


class Draws:
    """splitmix64 (Steele, Lea & Flood 2014). The test draws in the same order."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def share(self):
        """Above 0 and below 1."""
        return self.between(1, 9999) / 10000

    def thousandths(self, n):
        """n whole numbers: skewed, or for every third sample of a few values with many ties."""
        if self.below(3) == 0:
            return [500 * self.between(-3, 3) for _ in range(n)]
        return [self.square() - 700 for _ in range(n)]

    def square(self):
        k = self.below(3000)
        return k * k // 3000

    def values(self, n):
        return [k / 1000 for k in self.thousandths(n)]

    def counts(self, n):
        """Four counts, of n pairs in all."""
        counts = [0, 0, 0, 0]
        weights = [self.below(10) for _ in range(3)]
        for _ in range(n):
            draw = self.below(30)
            cell = 0
            while cell < 3 and draw >= weights[cell]:
                draw -= weights[cell]
                cell += 1
            counts[cell] += 1
        return counts

    def lifetimes(self, n, budget):
        times = [self.between(1, 20) for _ in range(n)]
        return [min(t, budget) for t in times], [int(t <= budget and self.below(4) > 0) for t in times]


def scipy_sign_flips(draws):
    numbers, boundary = draws.thousandths(draws.between(2, 10)), draws.between(-500, 500)
    result = []
    for center, alternative in ((0, "two-sided"), (boundary, "greater"), (boundary, "less")):
        values = (np.array(numbers) - center) / 1000
        result.append(scipy.stats.permutation_test(
            (values,), np.mean, permutation_type="samples", alternative=alternative, n_resamples=np.inf).pvalue)
    return result


def enumerated_sign_flips(draws):
    values, boundary = np.array(draws.values(draws.between(11, 18))), draws.between(-500, 500) / 1000
    n = len(values)
    signs = 1.0 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    result = []
    for center, extreme in ((0.0, lambda s: abs(s) >= abs(s[0]) - 1e-9), (boundary, lambda s: s >= s[0] - 1e-9),
                            (boundary, lambda s: s <= s[0] + 1e-9)):
        result.append(np.mean(extreme(signs @ (values - center))))
    return result


def counted_sign_flips(draws):
    numbers, boundary = draws.thousandths(draws.between(19, 40)), draws.between(-500, 500)
    shifted = [k - boundary for k in numbers]
    return [p_two_sided(numbers), p_above(shifted), p_below(shifted)]


def subset_mean_interval(draws):
    values, level = np.array(draws.values(draws.between(6, 14))), (0.95, 0.9, 0.75)[draws.below(3)]
    n = len(values)
    members = (np.arange(1, 2**n)[:, None] >> np.arange(n) & 1).astype(float)
    means = np.sort(members @ values / members.sum(axis=1))
    cut = math.floor((1 - level) / 2 * 2**n + 1e-6)
    return [means[cut - 1], means[-cut]]


def wilson(draws):
    n = draws.between(1, 60)
    return proportion_confint(draws.between(0, n), n, method="wilson")


def binomial(draws):
    n = draws.between(1, 60)
    k, rate = draws.between(0, n), draws.share()
    return [scipy.stats.binomtest(k, n, rate, alternative).pvalue for alternative in ("greater", "less")]


def exact_mcnemar(draws):
    both, first, second, neither = draws.counts(draws.between(1, 40))
    return [mcnemar([[both, first], [second, neither]], exact=True).pvalue]


def newcombe(draws):
    """Method 10 of Newcombe (1998) as in the article: Wilson's limits l, u and the correlation of the sides."""
    e, f, g, h = draws.counts(draws.between(1, 40))
    n = e + f + g + h
    l2, u2 = proportion_confint(e + f, n, method="wilson")
    l3, u3 = proportion_confint(e + g, n, method="wilson")
    product = (e + f) * (g + h) * (e + g) * (f + h)
    numerator = e * h - f * g
    if numerator > 0:
        numerator = max(numerator - n / 2, 0)
    phi = 0 if product == 0 else numerator / math.sqrt(product)
    dl2, du2, dl3, du3 = (e + f) / n - l2, u2 - (e + f) / n, (e + g) / n - l3, u3 - (e + g) / n
    delta = math.sqrt(max(0, dl2**2 - 2 * phi * dl2 * du3 + du3**2))
    epsilon = math.sqrt(max(0, du2**2 - 2 * phi * du2 * dl3 + dl3**2))
    return [(f - g) / n - delta, (f - g) / n + epsilon]


def tango(draws):
    """The score test (Tango 1998) with the restricted maximum of the likelihood as a root of its derivative."""
    e, f, g, h = draws.counts(draws.between(1, 40))
    n, d = e + f + g + h, draws.between(1, 800) * (1 - 2 * draws.below(2)) / 1000

    def slope(q):  # q: the probability that the second side alone succeeds; q + d: the first side alone
        return sum(sign * count / p for sign, count, p in ((1, g, q), (1, f, q + d), (-2, e + h, 1 - 2 * q - d)) if count)

    low, high = max(0.0, -d), (1 - d) / 2
    inside_low, inside_high = low + 1e-13, high - 1e-13
    if slope(inside_low) <= 0:
        q = low
    elif slope(inside_high) >= 0:
        q = high
    else:
        q = scipy.optimize.brentq(slope, inside_low, inside_high, xtol=1e-16, rtol=1e-15, maxiter=500)
    z = (f - g - n * d) / math.sqrt(n * (2 * q + d - d * d))
    return [scipy.stats.norm.sf(z), scipy.stats.norm.cdf(z)]


def welch(draws):
    a, b = draws.values(draws.between(2, 30)), draws.values(draws.between(2, 30))
    if len(set(a)) == 1 and len(set(b)) == 1:  # scipy gives nan
        return [float(a[0] == b[0])]
    return [scipy.stats.ttest_ind(a, b, equal_var=False).pvalue]


def holm(draws):
    return multipletests([draws.below(300) ** 2 / 90000 for _ in range(draws.between(1, 12))], method="holm")[1]


def interquartile_mean(draws):
    return [scipy.stats.trim_mean(draws.values(draws.between(1, 30)), 0.25)]


def improvement(draws):
    a, b = draws.values(draws.between(1, 20)), draws.values(draws.between(1, 20))
    return [scipy.stats.mannwhitneyu(a, b).statistic / (len(a) * len(b))]


def kaplan_meier(draws):
    times, seen = draws.lifetimes(draws.between(2, 30), draws.between(5, 20))
    estimate = SurvfuncRight(np.array(times), np.array(seen))
    result = []
    for time in (3, 8, 15):
        step = np.searchsorted(estimate.surv_times, time, side="right") - 1
        share = estimate.surv_prob[step] if step >= 0 else 1.0
        result += [share, estimate.surv_prob_se[step] if step >= 0 and share > 1e-12 else 0.0]
    return result


def log_rank(draws):
    a, b = (draws.lifetimes(draws.between(3, 25), draws.between(5, 20)) for _ in range(2))
    groups = np.array([0] * len(a[0]) + [1] * len(b[0]))
    try:
        return survdiff(np.array(a[0] + b[0]), np.array(a[1] + b[1]), groups)
    except np.linalg.LinAlgError:  # no variance: at every event, all that are at risk are of one group
        return [0.0, 1.0]


def expected_best(draws):
    """The best of every sequence of trials; of more than five scores, the sum over thresholds of P(best above)."""
    scores = draws.values(draws.between(1, 12))
    result = []
    for best, ordered in ((np.max, sorted(scores)), (np.min, sorted(scores, reverse=True))):
        for n in range(1, len(scores) + 1):
            if len(scores) <= 5:
                result.append(np.mean([best(trials) for trials in itertools.product(scores, repeat=n)]))
            else:
                gains = np.diff(ordered)
                none_better = (np.arange(1, len(scores)) / len(scores)) ** n
                result.append(ordered[0] + np.sum(gains * (1 - none_better)))
    return result


def replicated(draws):
    """p by zone (above, within, below) of all numbers of two searches, and whether the searches differ."""
    a, b, margin = draws.thousandths(16), draws.thousandths(16), draws.below(400)
    above, below = (lambda c: p_above([k - c for k in a + b])), (lambda c: p_below([k - c for k in a + b]))
    within = 2 * max(above(-margin), below(margin)) if margin else 1
    p = [min(1, p) for p in (2 * above(margin), within, 2 * below(-margin))]
    return p + [scipy.stats.ttest_ind(a, b, equal_var=False).pvalue]


KINDS = ((scipy_sign_flips, 300), (enumerated_sign_flips, 100), (counted_sign_flips, 200), (subset_mean_interval, 200),
         (wilson, 300), (binomial, 300), (exact_mcnemar, 300), (newcombe, 300), (tango, 300), (welch, 300), (holm, 200),
         (interquartile_mean, 200), (improvement, 200), (kaplan_meier, 200), (log_rank, 200), (expected_best, 200),
         (replicated, 200))

if __name__ == "__main__":
    for number, (kind, inputs) in enumerate(KINDS):
        for seed in range(1000 * (number + 1), 1000 * (number + 1) + inputs):
            print(kind.__name__, seed, *(f"{float(value):.12g}" for value in kind(Draws(seed))))
