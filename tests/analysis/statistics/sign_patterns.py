"""Exact sign-flip p-values of whole numbers, by counting the subsets with each sum.

The counts follow from one pass over the numbers, so no pattern of signs is ever listed and 40 numbers take milliseconds.
"""
import numpy as np


def shares_of_sums(numbers):
    """Sums of subsets in ascending order, and the share of the 2^n subsets that have each of them."""
    least = sum(min(k, 0) for k in numbers)
    counts = np.zeros(sum(abs(k) for k in numbers) + 1, dtype=np.int64)
    counts[-least] = 1
    for k in numbers:
        with_k = np.roll(counts, k)  # nothing wraps around: the array holds every sum
        counts = counts + with_k
    return np.arange(len(counts)) + least, counts / 2.0 ** len(numbers)


def p_above(numbers):
    """Of a center of symmetry above 0: how often flipping a subset leaves the sum as large as it is, or larger."""
    sums, shares = shares_of_sums(numbers)
    return float(shares[sums <= 0].sum())


def p_below(numbers):
    return p_above([-k for k in numbers])


def p_two_sided(numbers):
    sums, shares = shares_of_sums(numbers)
    total = sum(numbers)
    return float(shares[abs(total - 2 * sums) >= abs(total)].sum())
