"""Beyond 40 pairs: the 100,000 random patterns of signs and subsets, from another implementation of Philox 4x32-10.

The counter of a word is (block, 0, pattern, 5), the key a seed: 2 for signs, 3 for subsets. See core/stream.h.
"""
import numpy as np

PATTERNS = 100000


def philox(counter, key):
    """Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3", for arrays of counters."""
    c, mask, shift = list(counter), np.uint64(0xFFFFFFFF), np.uint64(32)
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> shift) ^ c[1] ^ np.uint64(k[0]), b & mask, (a >> shift) ^ c[3] ^ np.uint64(k[1]), a & mask]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def words(seed, count):
    """The first `count` words of each pattern: [PATTERNS, count]."""
    zero = np.zeros(PATTERNS, dtype=np.uint64)
    blocks = [philox([zero + np.uint64(block), zero, np.arange(PATTERNS, dtype=np.uint64), zero + np.uint64(5)], seed)
              for block in range((count + 3) // 4)]
    return np.array(sum(blocks, [])[:count]).T


def tests_of_random_patterns(differences, level, margin):
    d, n = np.array(differences), len(differences)
    packed = words(3, (n + 31) // 32)
    members = np.array([(packed[:, i // 32] >> np.uint64(i % 32)) & np.uint64(1) for i in range(n)], dtype=float).T
    means = np.sort(members @ d / members.sum(axis=1))  # no subset is empty
    cut = int((1 - level) / 2 * (PATTERNS + 1) + 1e-6)
    beyond = [np.sum(sign * means <= -margin + 1e-12) for sign in (1, -1)]
    flipped = np.where(words(2, n) >> np.uint64(31) == 1, -d, d).sum(axis=1)
    extreme = np.sum(abs(flipped) >= abs(d.sum()) - 1e-12)
    return {"differences": differences, "level": level, "margin": margin, "low": means[cut - 1], "high": means[-cut],
            "sign_flip": (extreme + 1) / (PATTERNS + 1), "equivalence": (max(beyond) + 1) / (PATTERNS + 1)}
