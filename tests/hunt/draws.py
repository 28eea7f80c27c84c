"""Studies drawn at random from the tables: a model, rows, settings and trials, all of them from one number."""

import random
from typing import TYPE_CHECKING, Any

import keras
from hunt import layers, tables
from hunt.layers import FIT, LAYERS, TOGETHER
from hunt.made import Drawing, M, Make, V
from hunt.study import FAMILY, HEADS, SHAPES, Draw

if TYPE_CHECKING:
    from collections.abc import Mapping


def drawn(seed: int) -> Draw:
    """Draws a study whose model can be built: what can't, such as a pool larger than its image, is drawn again."""
    rng = random.Random(seed)  # noqa: S311  # nobody's secret
    for _ in range(50):
        draw = _Drawn(seed, rng).draw
        if _can_be_built(draw):
            return draw
    raise AssertionError(f"nothing that can be built comes of {seed}")


def _can_be_built(draw: Draw) -> bool:
    X, _, _ = draw.data()
    try:
        for params in draw.trials:
            draw.build(**params)(keras.tree.map_structure(lambda one: one[:2], X))
    except Exception:  # noqa: BLE001  # whatever Keras says, it is no model
        return False
    return True


class _Drawn:
    """One try."""

    def __init__(self, seed: int, rng: random.Random) -> None:
        self.rng = rng
        self.draw = Draw(seed)
        self.drawing = Drawing(rng, varying=0.4)
        self._dtype = rng.choices([None, "float64", "mixed_bfloat16"], [20, 1, 1])[0]
        draw = self.draw
        draw.inputs = rng.choices(["row", "tokens", "both", "words"], [12, 3, 2, 0.3])[0]
        wirings = ["sequential", "functional", "subclassed", "nested"]
        draw.wiring = "functional" if draw.inputs == "both" else rng.choices(wirings, [4, 6, 2, 1])[0]
        if draw.inputs == "words":
            draw.wiring = "functional"
        self._body()
        self._heads()
        self._compile()
        self._fit()
        draw.space = self.drawing.space
        draw.trials = self._trials()

    def _chosen(self, value: Any) -> Any:
        return self.drawing.chosen(value)

    # ---- layers

    def _make(self, name: str) -> Make:
        row = LAYERS[name]
        given = dict(row.given)
        for extra in row.extras:
            if self.rng.random() < 0.12:
                given[extra] = self._extra(extra)
        if self._dtype is not None and "dtype" not in given:
            given["dtype"] = self._dtype
        self.draw.rows.append(name)
        return self._chosen(Make(f"layers.{layers.CALLED.get(name, name)}", given))

    def _extra(self, name: str) -> Make:
        room = {"i": "initializers", "r": "regularizers", "c": "constraints"}[name.rpartition("_")[2][0]]
        flat = name.startswith(("bias", "beta", "gamma", "activity"))
        barred = {"Orthogonal", "Identity", "OrthogonalRegularizer", *(("MaxNorm", "MinMaxNorm") if flat else ())}
        table: Mapping[str, tables.Row] = getattr(tables, room.upper())
        found = [one for one, row in table.items() if row.way == TOGETHER and one not in barred]
        one = self.rng.choice(found)
        return M(f"{room}.{one}", **table[one].given)

    def _pick(self, takes: str, gives: str | None = None, *, plain: bool) -> str | None:
        """A layer that takes this and gives that."""
        takers = {takes} if plain else {takes, f"two {takes}s" if takes == "row" else f"two {takes}"}
        found = {
            name: row.common if row.way == TOGETHER else 0.1
            for name, row in LAYERS.items()
            if row.way in (TOGETHER, FIT) and row.takes in takers and (gives is None or row.gives == gives)
        }
        return self.rng.choices(list(found), list(found.values()))[0] if found else None

    def _body(self) -> None:
        draw, rng = self.draw, self.rng
        plain = draw.wiring in ("sequential", "nested")
        if draw.inputs == "both":
            draw.add("layer", self._make("Embedding"))
        if draw.inputs == "words":
            draw.add("layer", self._make(rng.choice(["StringLookup", "TextVectorization"])))
        kind = "tokens" if draw.inputs == "tokens" else "row"
        if kind == "tokens":
            kind = self._one(kind, plain=plain)
        elif draw.inputs == "row":
            kind = self._begin()
        for _ in range(rng.choice([1, 2, 2, 3])):
            kind = self._one(kind, plain=plain)
        self._end(kind)

    def _begin(self) -> str:
        """What a row is seen as."""
        rng, draw = self.rng, self.draw
        kind = rng.choices(
            ["row", "first row", "row48", "wave", "steps", "image", "volume", "volumes"], [10, 1, 1, 0.2, 6, 5, 1, 0.1]
        )[0]
        if kind in ("first row", "row48"):
            return self._one(kind, plain=True)
        if kind in SHAPES:
            draw.add("layer", Make("layers.Reshape", {"target_shape": SHAPES[kind]}))
            return self._one(kind, plain=True)
        return kind

    def _one(self, kind: str, *, plain: bool) -> str:
        """One more layer; returns what it gives."""
        name = self._pick(kind, plain=plain)
        if name is None:
            return kind
        row, make, draw = LAYERS[name], self._make(name), self.draw
        if row.takes == "two rows":
            branch = self._make("Dense")
            draw.add("merge", make, branch, branch)
        elif layers.many(row):
            draw.add("attend to a list" if name in layers.LISTED else "attend", make)
        elif row.gives == "same" and not plain and row.takes == "row" and self.rng.random() < 0.3:
            draw.add(self.rng.choice(["residual", "twice"]), make)
        else:
            draw.add("layer", make)
        return {"same": "row" if "row" in kind else kind, "any": "steps"}.get(row.gives, row.gives)

    def _end(self, kind: str) -> None:
        """To a row again."""
        if kind == "row":
            return
        ends = {
            "steps": [
                "GlobalAveragePooling1D",
                "GlobalMaxPooling1D",
                "Flatten",
                "LSTM",
                "GRU",
                "SimpleRNN",
                "Bidirectional",
            ],
            "image": ["GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"],
        }.get(kind, ["Flatten"])
        self.draw.add("layer", self._make(self.rng.choice(ends)))

    # ---- compile

    def _heads(self) -> None:
        draw, rng = self.draw, self.rng
        draw.kind = rng.choice(list(HEADS))
        units, activation = HEADS[draw.kind]
        if draw.kind == "amounts" and draw.wiring == "functional" and draw.inputs == "row" and rng.random() < 0.5:
            draw.heads, units = 2, 1
        for _ in range(draw.heads):
            draw.add("layer", Make("layers.Dense", {"units": units, "activation": activation, "dtype": "float32"}))

    def _compile(self) -> None:
        draw, rng = self.draw, self.rng
        found = [
            one for one, row in tables.LOSSES.items() if draw.kind in row.goes or tables.LOGITS.get(one) == draw.kind
        ]
        if draw.heads > 1:
            found.remove("CosineSimilarity")
        loss = rng.choice(found)
        draw.rows.append(loss)
        given = dict(tables.LOSSES[loss].given)
        if tables.LOGITS.get(loss) == draw.kind:
            given["from_logits"] = True
        losses = [self._chosen(M(f"losses.{loss}", **given)) for _ in range(draw.heads)]
        draw.compiled = {"loss": losses if draw.heads > 1 else losses[0], "optimizer": self._optimizer()}
        if draw.heads > 1 and rng.random() < 0.5:
            draw.compiled["loss_weights"] = self._chosen([V(0.5, 1.0), V(0.3, 1.0)])
        if draw.heads == 1:
            self._metrics()
        if rng.random() < 0.05:
            draw.compiled["steps_per_execution"] = 2

    def _metrics(self) -> None:
        draw, rng = self.draw, self.rng
        found = [one for one, row in tables.METRICS.items() if draw.kind in row.goes]
        for given in rng.choice([[], ["metrics"], ["metrics"], ["weighted_metrics"]]):
            names = rng.sample(found, min(len(found), rng.choice([1, 2, 3])))
            draw.rows.extend(names)
            draw.compiled[given] = [self._chosen(M(f"metrics.{name}", **tables.METRICS[name].given)) for name in names]

    def _optimizer(self) -> Make:
        rng = self.rng
        name = rng.choice(
            [
                one
                for one, row in tables.OPTIMIZERS.items()
                if row.way == TOGETHER or (row.way == FIT and rng.random() < 0.3)
            ]
        )
        given = dict(tables.OPTIMIZERS[name].given)
        self.draw.rows.append(name)
        if "learning_rate" in given and name != "Adadelta" and rng.random() < 0.25:
            schedule = rng.choice([one for one, row in tables.SCHEDULES.items() if row.way == TOGETHER])
            self.draw.rows.append(schedule)
            given["learning_rate"] = M(f"optimizers.schedules.{schedule}", **tables.SCHEDULES[schedule].given)
        if name not in ("MultiOptimizer", "LossScaleOptimizer") and rng.random() < 0.25:
            more = rng.choice(list(tables.OF_ALL_OPTIMIZERS))
            given[more] = tables.OF_ALL_OPTIMIZERS[more]
            if more == "ema_overwrite_frequency":
                given["use_ema"] = True
        return self._chosen(M(f"optimizers.{name}", **given))

    # ---- fit

    def _fit(self) -> None:
        rng, draw = self.rng, self.draw
        fit: dict[str, Any] = {"epochs": rng.choice([1, 2, 3]), "batch_size": rng.choice([8, 16, 16, 64])}
        if rng.random() < 0.15:
            fit["shuffle"] = False
        if rng.random() < 0.3:
            fit["validation_split"] = 0.25
        if rng.random() < 0.2:
            monitor = "val_loss" if "validation_split" in fit else "loss"
            fit["early_stopping"] = {
                "monitor": monitor,
                "patience": 0,
                "min_delta": 0.05,
                "restore_best_weights": rng.random() < 0.5,
            }
        if FAMILY[draw.kind] in ("chance", "sparse") and rng.random() < 0.2:
            fit["class_weight"] = rng.choice(["balanced", {0: 0.5, 1: 2.0}])
        if rng.random() < 0.04:
            callback = rng.choice(list(tables.CALLBACKS))
            fit["callbacks"] = [{callback: tables.CALLBACKS[callback]}]
        draw.weighted = rng.random() < 0.2
        draw.settings = fit
        if rng.random() < 0.1:
            self.drawing.space["batch_size"] = (8, 16)

    def _trials(self) -> list[dict[str, Any]]:
        space, found = self.drawing.space, []
        for _ in range(6):
            params = {name: self.rng.choice(values) for name, values in space.items()}
            if params not in found:
                found.append(params)
        return found[: self.rng.choice([2, 3])]
