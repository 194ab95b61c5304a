"""Golden CIDEr-D scores, computed from the definition alone.

    python3 make_cider_golden.py OUT

Needs nothing beyond Python.  Writes cider.json: cases of captions, their reference sets, and the score of each image:
mean over n = 1..4 and over references of sum(min(h, r) r) / (|h| |r|) exp(-d^2 / (2 6^2)), times 10, with weights
count (ln images - ln max(1, sets that hold the n-gram)).
"""
import json
import math
import random
import string
import sys
from pathlib import Path

PUNCTUATION = str.maketrans("", "", string.punctuation + "–“”’…")


def words(text):
    return text.lower().translate(PUNCTUATION).split()


def grams(text, n):
    w = words(text)
    return [tuple(w[i:i + n]) for i in range(len(w) - n + 1)]


def weights(text, n, sets):
    found = {}
    for gram in grams(text, n):
        df = sum(any(gram in grams(reference, n) for reference in one) for one in sets)
        found[gram] = grams(text, n).count(gram) * (math.log(len(sets)) - math.log(max(1, df)))
    return found


def norm(vector):
    return math.sqrt(sum(value * value for value in vector.values()))


def cider_d(captions, sets):
    scores = []
    for caption, references in zip(captions, sets):
        total = 0.0
        for reference in references:
            delta = len(words(caption)) - len(words(reference))
            for n in range(1, 5):
                h, r = weights(caption, n, sets), weights(reference, n, sets)
                if norm(h) == 0 or norm(r) == 0:
                    continue
                overlap = sum(min(value, r.get(gram, 0.0)) * r.get(gram, 0.0) for gram, value in h.items())
                total += overlap / (norm(h) * norm(r)) * math.exp(-delta * delta / 72)
        scores.append(10 * total / 4 / len(references))
    return scores


def random_case(seed, images, vocabulary):
    rng = random.Random(seed)
    pool = ["a", "the", "red", "blue", "circle", "square", "above", "left", "of", "small", "star", "with"][:vocabulary]
    text = lambda: " ".join(rng.choice(pool) for _ in range(rng.randint(1, 16)))
    return [text() for _ in range(images)], [[text() for _ in range(rng.randint(1, 5))] for _ in range(images)]


written = (
    [
        "A dog runs through the grass.",
        "Two men, playing football!",
        "a man's t-shirt is red - very red",
        "",
        "the the the the",
        "a red circle above a blue square and a red circle above a blue square",
    ],
    [
        ["a dog runs through the grass", "A brown dog is running in a field.", "Dog on grass"],
        ["Two men play football on a field", "two people with a ball"],
        ["A man's T-shirt is very red.", "the man wears a red t-shirt"],
        ["a child laughs", "the child is happy"],
        ["the sea", "the the sea"],
        ["a red circle above a blue square", "a blue square below a red circle", "a “red” circle – and more…"],
    ],
)
cases = {
    "written": written,
    "one image": (["a dog runs"], [["a dog runs", "a dog"]]),
    "every set alike": (["a dog", "a cat"], [["a dog and a cat"], ["a dog and a cat"]]),
    "random, few words": random_case(1, 12, 4),
    "random": random_case(2, 20, 12),
}
out = {
    name: {"captions": captions, "references": sets, "scores": cider_d(captions, sets)}
    for name, (captions, sets) in cases.items()
}
Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
(Path(sys.argv[1]) / "cider.json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
