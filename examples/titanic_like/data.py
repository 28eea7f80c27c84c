"""1,200 passengers who do not exist: with missing ages, unknown cabins, and categories in words."""

import numpy as np
import pandas as pd

ROWS = 1200


def load():
    rng = np.random.default_rng(11)
    sex = rng.choice(["female", "male"], ROWS, p=[0.37, 0.63])
    ticket = rng.choice(["first", "second", "third"], ROWS, p=[0.24, 0.2, 0.56])
    port = rng.choice(["Cobh", "Cherbourg", "Southampton"], ROWS, p=[0.1, 0.2, 0.7])
    dear = np.vectorize({"first": 2.0, "second": 0.8, "third": 0.0}.get)(ticket)
    age = np.clip(rng.normal(27 + 4 * dear, 12), 0.5, 80).round(1)
    relatives = rng.poisson(0.8, ROWS)
    fare = rng.lognormal(2.1 + 0.9 * dear, 0.4).round(2)
    chance = (
        2.6 * (sex == "female") + 0.7 * dear + 1.5 * (age < 13) - 0.3 * relatives - 1.9 + rng.logistic(0, 0.5, ROWS)
    )
    table = pd.DataFrame({"age": age, "fare": fare, "relatives": relatives, "sex": sex, "ticket": ticket, "port": port})
    table.loc[rng.random(ROWS) < 0.2, "age"] = np.nan
    table.loc[rng.random(ROWS) < 0.02, "fare"] = np.nan
    table.loc[rng.random(ROWS) < 0.05, "port"] = None
    return {"X": table, "y": np.where(chance > 0, "survived", "lost")}
