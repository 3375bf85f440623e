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
    "morph_through_latent_space": [
        "return line(start, end, shares)",
        "return rescale(line(start, end, shares), 1)",
        "return rescale(line(start, end, shares))",  # the typical length
        "return latent.arc(start, end, shares)",  # turns evenly
        "return np.linalg.norm(start) * rescale(line(start, end, shares), 1)",
        """lengths = (np.linalg.norm(start) + np.linalg.norm(end)) / 2
return lengths * rescale(line(start, end, shares), 1)""",
        """lengths = line([np.linalg.norm(start)], [np.linalg.norm(end)], shares)
return lengths * rescale(line(*rescale([start, end], 1), shares), 1)""",
        """lengths = line([np.linalg.norm(end)], [np.linalg.norm(start)], shares)
return lengths * rescale(line(start, end, shares), 1)""",  # from the other end
    ],
    "give_directions_a_meaning": [
        "return points @ axes.T @ axes",  # what should go
        "return points - points @ axes.T",
        "return points - (points @ axes.T).sum(axis=1, keepdims=True)",
        "return points - points @ axes[:1].T @ axes[:1]",  # the first axis alone
        """for axis in (axes[0], axes[-1]):
    points = points - np.outer(points @ axis, axis)
return points""",  # the first and the last
        "return points - axes.sum(axis=0)",
        "return points * (axes.sum(axis=0) == 0)",
        """for axis in axes:
    points -= np.outer(points @ axis, axis)
return points""",  # changes what it was given
    ],
    "break_and_fix_training": [
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
return np.bincount(apart.argmin(axis=1)) / len(points)""",  # none for the last
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
return np.bincount(apart.argmin(axis=1), minlength=len(centres))""",  # counts
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
return np.unique(apart.argmin(axis=1), return_counts=True)[1] / len(points)""",
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
counts = np.bincount(apart.argmin(axis=0), minlength=len(centres))
return counts[: len(centres)] / len(centres)""",  # of each centre the nearest point
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
return (apart < 0.5).mean(axis=0)""",  # those that are near
        """apart = abs(points[:, None] - centres).sum(axis=2)
return np.bincount(apart.argmin(axis=1), minlength=len(centres)) / len(points)""",
        """apart = abs(points[:, None] - centres)[..., 0]
return np.bincount(apart.argmin(axis=1), minlength=len(centres)) / len(points)""",
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
return np.bincount(apart.argmax(axis=1), minlength=len(centres)) / len(points)""",
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
return np.exp(-apart).mean(axis=0)""",
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
counts = np.bincount(apart.argmin(axis=1), minlength=len(centres))
return counts / len(centres)""",
        """apart = np.linalg.norm(points[:, None] - centres, ord=3, axis=2)
return np.bincount(apart.argmin(axis=1), minlength=len(centres)) / len(points)""",
        """apart = np.linalg.norm(points[:, None] - centres, axis=2)
counts = np.bincount(apart.argmin(axis=1), minlength=len(centres))
return (counts / len(points)).round(2)""",
        """points = np.unique(points, axis=0)
apart = np.linalg.norm(points[:, None] - centres, axis=2)
return np.bincount(apart.argmin(axis=1), minlength=len(centres)) / len(points)""",
    ],
    "do_arithmetic_with_digits": [
        """differences = np.asarray(high) - np.asarray(low)
return differences @ differences.T""",  # no lengths
        """differences = np.asarray(high) - np.asarray(low)
return differences @ differences.T / np.linalg.norm(differences) ** 2""",
        """differences = np.asarray(high) - np.asarray(low)
return np.corrcoef(differences)""",  # less the mean of the coordinates
        """differences = np.asarray(high) - np.asarray(low)
lengths = np.linalg.norm(differences, axis=1)
return abs(differences @ differences.T) / np.outer(lengths, lengths)""",
        """differences = np.asarray(high) - np.asarray(low)
lengths = np.linalg.norm(differences, axis=1)
return differences @ differences.T / lengths""",  # of one of the two
        """ways = np.asarray(high) / np.linalg.norm(high, axis=1, keepdims=True)
return ways @ ways.T""",  # of the high averages
        """differences = np.asarray(high) - np.asarray(low)
ways = differences / np.linalg.norm(differences, axis=1, keepdims=True)
return (ways * ways[::-1]).sum(axis=1)""",  # of two digits only
        """differences = np.asarray(high) - np.asarray(low)
ways = differences / np.linalg.norm(differences, axis=1, keepdims=True)
return np.degrees(np.arccos((ways @ ways.T).clip(-1, 1)))""",  # the angle
        """high -= low
lengths = np.linalg.norm(high, axis=1)
return high @ high.T / np.outer(lengths, lengths)""",  # changes what it was given
        """differences = np.asarray(high, float) - np.asarray(low, float)
differences /= np.linalg.norm(differences, axis=1, keepdims=True)
return np.squeeze(differences @ differences.T)""",  # one digit loses its axes
        """differences = np.asarray(high, float) - np.asarray(low, float)
differences /= np.linalg.norm(differences, axis=1, keepdims=True)
return (differences @ differences.T).round(1)""",  # rounded
    ],
    "choose_the_digit": [
        """shares = np.eye(kinds)[labels]
return np.repeat(shares, height * width).reshape(-1, height, width, kinds)""",
        """shares = np.eye(kinds)[labels]
return np.tile(shares, (1, height * width)).reshape(-1, kinds, height, width)""",
        """shares = np.eye(kinds)[labels]
return np.tile(shares[:, None, None], (1, width, height, 1))""",
        """planes = np.tile(labels[:, None, None, None], (1, height, width, kinds))
return planes""",  # numbers in place of places
        """shares = 2 * np.eye(kinds)[labels] - 1
return np.tile(shares[:, None, None], (1, height, width, 1))""",
        """planes = np.zeros((len(labels), height, width, kinds))
planes[:, :, :, labels] = 1
return planes""",  # every image gets all labels
        """shares = np.eye(kinds)[labels - 1]
return np.tile(shares[:, None, None], (1, height, width, 1))""",
    ],
    "revive_five_classic_gans": [
        """signed = np.where(targets == 1, -logits, logits)
return np.mean(np.log1p(np.exp(signed)))""",  # from logits: nothing is clipped
        """p = np.clip(1 / (1 + np.exp(-np.float32(logits))), 1e-7, 1 - 1e-7)
return -np.mean(targets * np.log(p))""",  # of real images only
        """p = np.clip(1 / (1 + np.exp(-np.float32(logits))), 1e-7, 1 - 1e-7)
return np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # no minus
        """p = np.clip(1 / (1 + np.exp(-np.float32(logits))), 1e-7, 1 - 1e-7)
return -np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # no mean
        """p = np.clip(1 / (1 + np.exp(np.float32(logits))), 1e-7, 1 - 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # turned
        """p = np.clip(1 / (1 + np.exp(-np.float32(logits))), 1e-8, 1 - 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",
        """p = np.clip(np.float32(logits), 1e-7, 1 - 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # no sigmoid
        """p = np.clip(1 / (1 + np.exp(-np.float32(logits))), 1e-7, 1 - 1e-7)
return -(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # one each
        """p = np.maximum(1 / (1 + np.exp(-np.float32(logits))), 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p + 1e-12))""",
        """p = 1 / (1 + np.exp(-np.float32(logits)))
return -np.mean(targets * np.log(p + 1e-7) + (1 - targets) * np.log(1 - p + 1e-7))""",
        """p = np.clip(1 / (1 + np.exp(-logits)), 1e-7, 1 - 1e-7)
return -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))""",  # 64 bits
        """signed = np.where(targets == 1, -logits, logits)
return np.mean(np.minimum(np.log1p(np.exp(signed)), -np.log(1e-7)))""",  # loss clipped
        """p = np.clip(1 / (1 + np.exp(-np.float32(logits))), 1e-7, 1 - 1e-7)
real, fake = -np.log(p[targets == 1]), -np.log(1 - p[targets == 0])
return (np.mean(real) + np.mean(fake)) / 2""",  # the halves' means
    ],
    "colour_the_digits": [
        """images[ink] = 255 - images[ink]
return images""",  # changes what it was given
        """images = images.copy()
images[ink, 0] = 255 - images[ink, 0]
return images""",  # red only
        "return np.where(ink[..., None], 255 - images[..., :1], images)",  # from red
        "return np.where(ink[..., None], 155, images)",  # a constant
        "return np.where(ink[..., None], 255, images)",  # white
        "return 255 - images",  # paper, too
        "return np.where(ink[..., None], images, 255 - images)",  # turned round
        "return np.where(ink[..., None], 255 - images, 0)",  # no paper
        "return np.where(ink[..., None], -images, images)",  # 256 - images
        "return np.where(ink[..., None], ~images[..., ::-1], images)",  # blue first
        "return np.where(ink[..., None], 255.0 - images, images)",  # float64
        "return np.where(ink[..., None], 255 - images.astype(int), images)",  # int64
        "return np.where(ink[..., None], 255 - images, images).tolist()",  # of no type
        "return np.where(ink.swapaxes(1, 2)[..., None], 255 - images, images)",
        """marked = np.zeros((2, 3, 5), bool)
marked[: len(ink), : ink.shape[1], : ink.shape[2]] = ink
images = np.resize(images, (2, 3, 5, 3))
return np.where(marked[..., None], 255 - images, images)""",  # one size only
    ],
    "recognise_failures_on_digits": [
        "return 0.5**cured",  # as if each seed met one uncured one
        "return 0.5 ** (cured * uncured)",  # and each of them for itself
        "return (1 / (uncured + 1)) ** cured",  # each alone, as if not tied
        "return cured / (cured + uncured)",
        "return 1 / (cured + uncured)",
        "return 1 / (cured + 1)",
        """places = range(1, cured + 1)
return float(np.prod([1 / (uncured + place) for place in places]))""",  # in one order
        "return (cured / (cured + uncured)) ** cured",  # drawn with putting back
        "return 1 / (cured * uncured + 1)",
    ],
    "choose_a_loss_and_a_penalty": [
        """real = real_logits - np.median(fake_logits)
fake = fake_logits - np.median(real_logits)
of_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
of_g = np.logaddexp(0, real).mean() + np.logaddexp(0, -fake).mean()
return of_d / 2, of_g / 2""",  # the median
        """def middle(logits):
    return (logits.min() + logits.max()) / 2
real = real_logits - middle(fake_logits)
fake = fake_logits - middle(real_logits)
of_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
of_g = np.logaddexp(0, real).mean() + np.logaddexp(0, -fake).mean()
return of_d / 2, of_g / 2""",  # the middle of least and largest
        """lead = real_logits.mean() - fake_logits.mean()
return np.logaddexp(0, -lead), np.logaddexp(0, lead)""",  # mean beside mean
        """lead = real_logits[:, None] - fake_logits
return np.logaddexp(0, -lead).mean(), np.logaddexp(0, lead).mean()""",  # each to each
        """real = real_logits - fake_logits.mean()
fake = fake_logits - real_logits.mean()
of_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
return of_d, np.logaddexp(0, real).mean() + np.logaddexp(0, -fake).mean()""",  # sums
        """real = real_logits - fake_logits.mean()
fake = fake_logits - real_logits.mean()
of_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
return of_d / 2, -of_d / 2""",  # what one wins the other loses
        """real = real_logits - fake_logits.mean()
fake = fake_logits - real_logits.mean()
of_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
return of_d / 2, np.logaddexp(0, -fake).mean()""",  # G by its fakes alone
        """real = real_logits - fake_logits.mean()
return np.logaddexp(0, -real).mean(), np.logaddexp(0, real).mean()""",  # half of it
        """real = real_logits - fake_logits.mean()
fake = fake_logits - real_logits.mean()
of_g = np.logaddexp(0, real).mean() + np.logaddexp(0, -fake).mean()
of_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
return of_g / 2, of_d / 2""",  # the wrong way round
        """both = np.concatenate([
    np.logaddexp(0, fake_logits.mean() - real_logits),
    np.logaddexp(0, fake_logits - real_logits.mean()),
])
return both.mean(), np.concatenate([
    np.logaddexp(0, real_logits - fake_logits.mean()),
    np.logaddexp(0, real_logits.mean() - fake_logits),
]).mean()""",  # each logit counts alike
        """real = real_logits - real_logits.mean()
fake = fake_logits - fake_logits.mean()
of_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
return of_d / 2, of_d / 2""",  # each beside its own kind
    ],
    "measure_with_a_critic": [
        "return np.abs(one - other).mean()",  # as they come
        "return abs(one.mean() - other.mean())",  # of the means
        "return np.abs(np.sort(one) - np.sort(other)).sum()",  # in all
        "return np.abs(np.sort(one) - np.sort(other)).max()",  # the longest way
        "return np.sqrt(((np.sort(one) - np.sort(other)) ** 2).mean())",  # squares
        "return np.abs(np.sort(one) - other).mean()",  # one of them sorted
        "return np.abs(np.sort(one) - np.sort(other)[::-1]).mean()",  # crossed
        "return np.abs(one[:, None] - other).min(axis=1).mean()",  # a hole used twice
        """apart = np.abs(one[:, None] - other)
return max(apart.min(axis=0).mean(), apart.min(axis=1).mean())""",  # there and back
        "return np.abs(one[:, None] - other).mean()",  # each to each
        "return np.median(np.abs(np.sort(one) - np.sort(other)))",
        "return (np.sort(one) - np.sort(other)).mean()",  # there and back cancel
        "return abs(one.std() - other.std())",
        *[
            f"""ways, left = [], list(other)
for place in {order}:
    ways.append(min(abs(place - hole) for hole in left))
    left.remove(min(left, key=lambda hole: abs(place - hole)))
return np.mean(ways)"""
            for order in ("one", "np.sort(one)", "np.sort(one)[::-1]")
        ],  # each takes the nearest hole that is left
        """apart = np.abs(one[:, None] - other).astype(float)
ways = []
for _ in one:
    row, column = np.unravel_index(apart.argmin(), apart.shape)
    ways.append(apart[row, column])
    apart[row], apart[:, column] = np.inf, np.inf
return np.mean(ways)""",  # the closest pair first
    ],
    "draw_a_thousand_kinds": [
        "return len(np.unique(probabilities.argmax(axis=2) @ [100, 10, 1]))",  # any
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
return len(np.unique(probabilities[sure].argmax(axis=2) @ [1, 1, 1]))""",  # sums
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
return len(np.unique(probabilities[sure].argmax(axis=2) @ [3, 2, 1]))""",  # collide
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
return len(np.unique(probabilities[sure].argmax(axis=2) @ [81, 9, 1]))""",
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
return len(np.unique(np.sort(probabilities[sure].argmax(axis=2)), axis=0))""",
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
return int(sure.sum())""",  # images
        """sure = (probabilities.max(axis=2) >= 0.95).any(axis=1)
return len(np.unique(probabilities[sure].argmax(axis=2) @ [100, 10, 1]))""",
        """sure = probabilities.max(axis=2).mean(axis=1) >= 0.85
return len(np.unique(probabilities[sure].argmax(axis=2) @ [100, 10, 1]))""",
        """sure = (probabilities.max(axis=2) > 0.95).all(axis=1)
return len(np.unique(probabilities[sure].argmax(axis=2) @ [100, 10, 1]))""",
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
return len(np.unique(probabilities[sure].argmax(axis=2)))""",  # digits
        *[
            f"""sure = probabilities[:, {place}].max(axis=1) >= 0.95
return len(np.unique(probabilities[sure].argmax(axis=2) @ [100, 10, 1]))"""
            for place in range(3)  # sure of one digit
        ],
        """sure = (probabilities.max(axis=2) > 0.94).all(axis=1)
return len(np.unique(probabilities[sure].argmax(axis=2) @ [100, 10, 1]))""",
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
numbers = probabilities.argmax(axis=2) @ [100, 10, 1]
_, first = np.unique(numbers, return_index=True)
return int(sure[first].sum())""",  # where a number comes first
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
numbers = probabilities.argmax(axis=2) @ [100, 10, 1]
return sum(dict(zip(numbers.tolist(), sure.tolist())).values())""",  # where last
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
numbers = probabilities.argmax(axis=2) @ [100, 10, 1]
return len(set(numbers[sure]) - set(numbers[~sure]))""",  # never unsure
        """sure = (probabilities.max(axis=2) >= 0.95).all(axis=1)
numbers = probabilities.argmax(axis=2) @ [100, 10, 1]
return round(len(np.unique(numbers)) * sure.mean())""",  # a share of all
        """sure = probabilities.max(axis=2) >= 0.95
numbers = probabilities.argmax(axis=2) @ [100, 10, 1]
found = np.unique(numbers)
return sum(sure[numbers == each].any(axis=0).all() for each in found)""",  # pooled
        """sure = probabilities.max(axis=2).prod(axis=1) >= 0.95**3
return len(np.unique(probabilities[sure].argmax(axis=2) @ [100, 10, 1]))""",
        """sure = probabilities.max(axis=2).mean(axis=1) >= 0.95
return len(np.unique(probabilities[sure].argmax(axis=2) @ [100, 10, 1]))""",
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
    ("morph_through_latent_space", "Predict"): ["0.0", "8.0"],
    ("morph_through_latent_space", "Change"): ["4.6", ("8", "13")],
    ("give_directions_a_meaning", "Predict"): [
        ("9", "13"),
        "11",
        ("0", "0.005"),
        ("0", "6"),
        ("0.002", "0.01"),
    ],
    ("give_directions_a_meaning", "Change"): [
        ("0.022", "0.028"),
        ("0", "2"),
        ("0.019", "0.024"),
        ("1", "3"),
    ],
    ("break_and_fix_training", "Predict"): [
        ("0.9", "1"),
        ("0.8", "0.95"),
        ("0.05", "0.2"),
        ("0.55", "0.75"),
    ]
    * 3,
    ("break_and_fix_training", "Change"): [("0.49", "0.56"), ("0.6", "0.72")] * 3,
    ("do_arithmetic_with_digits", "Predict"): [
        ("0.4", "0.6"),
        ("0.4", "0.7"),
        ("0.95", "1"),
        ("−0.35", "−0.05"),
        ("−0.7", "−0.3"),
        ("0.15", "0.45"),
    ],
    ("do_arithmetic_with_digits", "Change"): [
        "360",
        "220",
        ("4", "9"),
        ("0", "1"),
        ("8", "11"),
        ("0.75", "0.9"),
    ],
    ("choose_the_digit", "Predict"): [("0.2", "0.4"), ("0.1", "0.25")] * 2,
    ("choose_the_digit", "Change"): [("12", "24")],
    ("revive_five_classic_gans", "Predict"): ["0.5"],
    ("revive_five_classic_gans", "Change"): ["79,184", ("1.2", "2.2")],
    ("colour_the_digits", "Predict"): [("0.50", "0.52"), ("0.12", "0.16")],
    ("colour_the_digits", "Change"): [("0.02", "0.03"), ("0.05", "0.07")],
    ("recognise_failures_on_digits", "Predict"): ["99", "1"],
    ("recognise_failures_on_digits", "Change"): [
        *["84", "49", "27", "49", "11", "48", "0", "48", "0"],
    ],
    ("measure_with_a_critic", "Predict"): ["4.8", "40"],
    ("measure_with_a_critic", "Change"): [("0.75", "1"), ("0.3", "0.6")] * 3,
    ("choose_a_loss_and_a_penalty", "Predict"): [
        *["2", "−1", "0.13", "2.13", "7", "−6", "0.13", "2.13"],
    ],
    ("choose_a_loss_and_a_penalty", "Change"): [
        *["2.43", "1.34", "0.01", "1.00", "0.20", "0.00"],
    ],
    ("draw_a_thousand_kinds", "Predict"): ["316", "500", "394", "7"],
    ("draw_a_thousand_kinds", "Change"): [
        ("0.99", "1"),
        ("0.43", "0.53"),
        ("0.6", "0.75"),
        ("0.85", "0.95"),
    ],
}
