"""A run of rnnbench again in PyTorch, with other random numbers; and what a run measures."""
import copy
import math
import re
import statistics

import torch
from torch import nn

from replicate_models import Net
from replicate_music import Chords
from replicate_tasks import TASKS, Batch, Refused, Settings


def make_task(values, length=None):
    """The task of a spec or, with `length`, as it is tested there: then all sequences have this length."""
    values = {key: value for key, value in values.items() if key != "test-length"}
    if length is not None:
        values |= {key: length for key in ("length", "shortest") if key in values}
    settings, tasks = Settings("task", values), TASKS | {"sequences": Chords}
    task = tasks[settings.take("name", *tasks)](settings)
    settings.finish()
    return task


class Training:
    """A run with the settings of a record. Of its result, `known`, only sizes, baseline and optimum are used."""

    def __init__(self, spec, known, seed):
        torch.manual_seed(seed)
        self.spec, self.known, self.task = spec, known, make_task(spec["task"])
        self.net = Net(spec["model"], known["hidden"], self.task)
        self.parameters = list(self.net.parameters())
        count = sum(parameter.numel() for parameter in self.parameters)
        if count != known["parameters"]:
            raise Refused(f"{spec['model']['cell']} has {count} parameters here, its record says {known['parameters']}")
        settings = Settings("training", spec["training"])
        take = settings.take
        take("clip-value", 0), take("truncate", 0), take("probe")  # a probe changes no other number
        self.updates, self.size = take("updates"), take("batch")
        self.evaluate, self.every = take("evaluate"), take("evaluate-every")
        self.clip = take("clip-norm") or math.inf
        self.stops = take("stop", "never", "solved") == "solved"
        self.keeps_best = take("keep", "last", "best") == "best"
        self.rate, self.schedule = take("learning-rate"), take("schedule", "constant", "warmup", "cosine", "linear")
        self.warm, self.least = take("warmup-updates"), take("min-rate") or 0
        self.optimizer = self.make_optimizer(take)
        fixed = take("training-set")
        self.fixed = self.task.sample(fixed) if fixed else None
        settings.finish()

    def make_optimizer(self, take):
        name = take("optimizer", "adam", "adamw", "rmsprop", "sgd")
        if name == "sgd":
            return torch.optim.SGD(self.parameters, self.rate, take("momentum"))
        if name == "rmsprop":
            return torch.optim.RMSprop(self.parameters, self.rate)  # decay 0.99
        betas, epsilon = (take("beta1"), take("beta2")), take("epsilon")
        if name == "adam":
            return torch.optim.Adam(self.parameters, self.rate, betas, epsilon)
        decay, matrices = take("weight-decay"), [p for p in self.parameters if p.dim() > 1]
        vectors = [p for p in self.parameters if p.dim() == 1]  # do not decay
        groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0}]
        return torch.optim.AdamW(groups, self.rate, betas, epsilon)

    def learning_rate(self, update):
        """Of update 1, 2, ..., as in core/schedule.h."""
        if self.schedule == "constant" or self.schedule == "warmup" and update > self.warm:
            return self.rate
        if update <= self.warm:
            return self.rate * update / self.warm
        t = (update - 1 - self.warm) / (self.updates - self.warm)
        falling = 1 - t if self.schedule == "linear" else (1 + math.cos(math.pi * t)) / 2
        return self.rate * (self.least + (1 - self.least) * falling)

    def next_evaluation(self, update):
        return min(self.updates, update + self.every if self.every else max(update + 10, (21 * update + 19) // 20))

    @torch.no_grad()
    def scores(self, count, split, task=None):
        task = task or self.task
        return task.scores(self.net, task.batches(count, split))

    def update(self, number):
        """Returns whether all numbers are finite."""
        if self.fixed:
            drawn = torch.randint(self.fixed.y.shape[1], (self.size,))
            batch = Batch(*(array[:, drawn] for array in self.fixed[:4]))
        else:
            batch = self.task.sample(self.size)
        self.optimizer.zero_grad()
        loss = self.task.losses(self.net(batch, carry=batch.begins is not None), batch.y[batch.scored]).mean()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, self.clip)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return False
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate(number)
        self.optimizer.step()
        return all(bool(parameter.isfinite().all()) for parameter in self.parameters)

    def run(self, solving):
        """Trains and returns what a record's `result` has. Without `solving`, only evaluates during training if the
        settings need it."""
        task, done, due, row, first, best, finite = self.task, 0, 0, 0, None, None, True
        untrained = self.scores(self.evaluate, "validation")["loss"]
        while finite:
            if done == due and (solving or self.stops or self.keeps_best):
                scores = self.scores(self.evaluate, "validation")
                confirmed = task.solved(scores) and (
                    task.exact or task.solved(self.scores(10 * self.evaluate, "validation")))
                first, row = (first if row else done, row + 1) if confirmed else (None, 0)
                score = scores[task.measure] * (1 if task.higher_is_better else -1)
                if self.keeps_best and math.isfinite(score) and (best is None or score > best[0]):
                    best = score, copy.deepcopy(self.net.state_dict())
            if done == due:
                due = self.next_evaluation(done)
            if done == self.updates or self.stops and row >= 2:
                break
            finite = self.update(done + 1)
            done += finite
        solved = finite and row >= 2
        result = {key: self.known[key] for key in ("baseline", "optimum", "parameters", "measure")} | {
            "status": "finished" if finite else "diverged", "solved": solved, "updates": done, "untrained": untrained,
            "updates_to_solve": first if solved else None}
        if not finite:
            return result
        if best:
            self.net.load_state_dict(best[1])
        test = {"length": self.spec["task"]["length"], "trained": True} | self.scores(40 * self.evaluate, "test")
        result |= {"final": {"test": test}, "lengths": [test]}
        if self.fixed:
            with torch.no_grad():
                result["final"]["training"] = task.scores(self.net, [self.fixed])
        for length in self.spec["task"].get("test-length", []):
            at_length = self.scores(40 * self.evaluate, "test", make_task(self.spec["task"], length))
            result["lengths"].append({"length": length, "trained": False} | at_length)
        return result


# What a run measures: docs/add-a-finding.md, "Measures".

OF_THE_RUN = ("solved", "diverged", "updates_to_solve", "gap", "bits_per_parameter")
SCORES = ("loss", "relative_loss", "skill", "accuracy", "sequences", "recall", "mse", "nll", "bits", "excess",
          "longest_accepted")
LOWER_IS_BETTER = ("loss", "mse", "nll", "excess", "relative_loss", "gap", "updates_to_solve", "diverged")


def split_measure(measure):
    """The name of a score, and the length or "beyond" at which it is taken."""
    name, length = re.fullmatch(r"(.*?)(?: at (\d+)| (beyond))?", measure).group(1, 2)
    at = int(length) if length else "beyond" if measure.endswith(" beyond") else None
    if name not in SCORES + OF_THE_RUN or at and name in OF_THE_RUN:
        raise Refused(f"the measure '{measure}' is not implemented here, only {', '.join(OF_THE_RUN + SCORES)}; "
                      "another one can be chosen with --measure")
    return name, at


def measured(measure, result, updates):
    """The number of a run from its result; None if it diverged or the number is not finite."""
    number = number_of(*split_measure(measure), result, updates)
    return number if number is not None and math.isfinite(number) else None


def number_of(name, at, result, updates):
    if name in ("solved", "diverged"):
        return float(result["solved"] if name == "solved" else result["status"] == "diverged")
    if name == "updates_to_solve":
        return result["updates_to_solve"] if result["solved"] else updates
    if result["status"] == "diverged":
        return None
    test, baseline, optimum = result["final"]["test"], result["baseline"], result["optimum"]

    def score(scores):
        scores = {key: math.nan if value is None else value for key, value in scores.items()}  # null: not finite
        if name == "relative_loss":
            return scores["loss"] / baseline
        if name == "skill" and optimum is not None:
            return (baseline - scores["loss"]) / (baseline - optimum)
        if name == "gap" and "training" in result["final"]:
            return scores["loss"] - (result["final"]["training"]["loss"] or math.nan)
        if name == "bits_per_parameter" and "bits" in scores:
            return scores["bits"] / result["parameters"]
        if name not in scores:
            raise Refused(f"the task or its settings have no '{name}'")
        return scores[name]

    if at is None:
        return score(test)
    trained = next(each["length"] for each in result["lengths"] if each["trained"])
    chosen = [each for each in result["lengths"] if at == each["length"] or at == "beyond" and each["length"] > trained]
    if not chosen:
        raise Refused(f"the records are not tested {at if at == 'beyond' else f'at {at}'}")
    return statistics.mean(map(score, chosen))


def worst(measure, known, values):
    """What a run without a number counts as: the worst run of its task, and no better than without memory."""
    name, numbers = split_measure(measure)[0], [value for value in values if value is not None]
    if name not in LOWER_IS_BETTER:
        return min(numbers + [0])
    own = name in ("loss", known["measure"]["name"])
    return max(numbers + [known["baseline"]] * own + [1] * (name == "relative_loss"), default=0)
