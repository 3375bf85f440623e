"""What the exercises are held against: wrong answers, and what right ones print."""

# Of Build: bodies that somebody who read the lesson may well write.
WRONG = {
    "load_mnist": [
        "return images.mean() / 255",  # of all digits
        "return images[labels == digit].mean()",  # no share
        "return images[labels == digit].mean() / images.max()",
        "return images[labels == digit].sum() / 255",
        "return (images[labels == digit] > 0).mean()",  # grey counts as full
        "return images[labels == digit][0].mean() / 255",  # one image
        "return images[labels == digit].sum(dtype=np.uint8) / 255 / images[0].size",
    ],
    "build_the_discriminator": [
        "return width // 2",  # every stride is 2
        "return width // stride",  # rounded down
        "return width // stride + width % stride",
        "return round(width / stride)",
        "return (width - 4) // stride + 1",  # without the rim of zeros
        "return width / stride",
    ],
    "build_the_generator": [
        "return kernel_size // stride, kernel_size // stride + 1",
        "return 1, kernel_size // stride",
        "return kernel_size - stride, stride",  # right for width 4 and stride 2
        "return kernel_size / stride, kernel_size / stride",
        "return kernel_size // 2, -(-kernel_size // 2)",  # every stride is 2
        "return max(1, kernel_size // stride), -(-kernel_size // stride)",
    ],
    "choose_losses_and_optimizers": [
        "return tf.reduce_mean(tf.square(fake_logits - 1.0))",  # no half
        "return tf.reduce_mean(tf.square(fake_logits)) / 2.0",  # from 0
        "return tf.reduce_sum(tf.square(fake_logits - 1.0)) / 4.0",  # of two images
        "return tf.reduce_mean(fake_logits - 1.0) ** 2 / 2.0",  # of the mean
        "return tf.reduce_mean(tf.abs(fake_logits - 1.0)) / 2.0",
        "return tf.square(fake_logits - 1.0) / 2.0",  # one each
        "return tf.reduce_mean(tf.nn.relu(1.0 - fake_logits) ** 2) / 2.0",  # one side
        "return np.mean((fake_logits - 1.0) ** 2) / 2",  # not seen by the tape
        "return tf.constant(np.mean((fake_logits - 1.0) ** 2) / 2)",
    ],
    "train_the_gan": [
        """steps = np.arange(step, later)
return float(np.prod(steps / (5 + steps)))""",  # a step early
        "return (step / (5 + step)) ** (later - step)",  # as if every share were alike
        "return (later / (5 + later)) ** (later - step)",
        "return later / (5 + later)",  # the last step alone
        "return step / later",
        """kept = [s / (5 + s) for s in range(step + 1, later + 1)]
return 1 - np.prod(kept)""",  # what is lost
    ],
    "judge_the_samples": [
        "return probabilities.mean(axis=0).argmin(), probabilities.mean(axis=0).min()",
        """digits, counts = np.unique(probabilities.argmax(axis=1), return_counts=True)
return digits[counts.argmin()], counts.min() / len(probabilities)""",  # none unread
        """counts = np.bincount(probabilities.argmax(axis=1))
return counts.argmin(), counts.min() / len(probabilities)""",  # no nine, no count
        """counts = np.bincount(probabilities.argmax(axis=1), minlength=10)
return counts.argmin(), counts.min()""",  # no share
        """counts = np.bincount(probabilities.argmax(axis=1), minlength=10)
return counts.argmax(), counts.max() / len(probabilities)""",  # the commonest
        """counts = (probabilities > 0.5).sum(axis=0)
return counts.argmin(), counts.min() / len(probabilities)""",  # the sure ones only
        """counts = np.bincount(probabilities.argmax(axis=1), minlength=10)
return counts.argmin(), counts.min() / 100""",  # of a hundred, however many
        """counts = (probabilities > 0.4).sum(axis=0)
return counts.argmin(), counts.min() / len(probabilities)""",  # a lower bar
        """best = probabilities.argmax(axis=1)
sums = [probabilities.max(axis=1)[best == digit].sum() for digit in range(10)]
return np.argmin(sums), min(sums) / len(probabilities)""",  # by how sure it is
        """shares = (probabilities > 0.3).mean(axis=0)
return shares.argmin(), shares.min()""",
        """digit = probabilities.mean(axis=0).argmin()
return digit, (probabilities.argmax(axis=1) == digit).mean()""",  # the least likely
    ],
    "revive_five_classic_gans": [
        """signed = np.where(targets == 1, -logits, logits)
return np.mean(np.log1p(np.exp(signed)))""",  # from logits: nothing is clipped
        """p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
return -np.mean(targets * np.log(p))""",  # of real images only
        """p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
return np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # no minus
        """p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
return -np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # no mean
        """p = np.clip(1 / (1 + np.exp(logits)), 1e-7, 1 - 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # turned
        """p = np.clip(1 / (1 + np.exp(-logits)), 1e-8, 1 - 1e-8)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",
        """p = np.clip(logits, 1e-7, 1 - 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # no sigmoid
        """p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
return -(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # one each
        """p = np.maximum(1 / (1 + np.exp(-logits)), 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p + 1e-12))""",
    ],
}

# Of Predict and Change: what the code of the folded answer prints, number by number. A
# pair is a range; a single number is met when it comes out after rounding. Each of them
# stands in the words of the answer.
PRINTED = {
    ("load_mnist", "Predict"): ["0", "0.173", "1", "0.076"],
    ("load_mnist", "Change"): ["3,751", "7,958", ("7,000", "7,600")],
    ("build_the_discriminator", "Predict"): [("−160", "−90")],
    ("build_the_discriminator", "Change"): [("0.1", "0.5"), ("0.6", "0.8")],
    ("build_the_generator", "Predict"): ["81"],
    ("build_the_generator", "Change"): ["54,817"],
    ("choose_losses_and_optimizers", "Predict"): ["0.21"],
    ("choose_losses_and_optimizers", "Change"): [
        ("−2", "2"),
        *["−3.7", "−32.9", "−3.4", "−2.4", "−5.0"],
    ],
    ("train_the_gan", "Predict"): [("0.7", "0.8")] * 2,
    ("train_the_gan", "Change"): [
        ("0.2", "0.3"),
        *[("0.40", "0.42")] * 3,
        *[("0.36", "0.39"), ("9.0", "9.3")] * 3,
    ],
    ("judge_the_samples", "Predict"): [
        ("0.88", "0.94"),
        ("0.40", "0.55"),
        ("0.45", "0.62"),
    ],
    ("judge_the_samples", "Change"): [
        ("0.83", "0.89"),
        ("0.2", "0.5"),
        ("0.7", "0.85"),
        ("0.83", "0.89"),
        ("0.6", "1.6"),
        ("0.3", "0.4"),
    ],
    ("revive_five_classic_gans", "Predict"): ["0.999999"],
    ("revive_five_classic_gans", "Change"): ["79,184", ("1.2", "2.2")],
}
