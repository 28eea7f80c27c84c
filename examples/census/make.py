"""Writes census.csv: 3,000 people who do not exist, one in fourteen of them with a high income."""

from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 3000
EDUCATION = {"primary": -1.6, "secondary": -0.6, "bachelor": 0.6, "master": 1.2, "doctorate": 1.8}
WORK = {"private": 0.0, "public": -0.3, "self-employed": 0.5, "unpaid": -2.5}
REGION = {"north": 0.2, "south": -0.2, "east": 0.0, "west": 0.1}


def main():
    rng = np.random.default_rng(7)
    education = rng.choice(list(EDUCATION), ROWS, p=[0.15, 0.45, 0.25, 0.12, 0.03])
    work = rng.choice(list(WORK), ROWS, p=[0.65, 0.2, 0.12, 0.03])
    region = rng.choice(list(REGION), ROWS)
    age = rng.integers(18, 75, ROWS)
    hours = np.clip(rng.normal(38, 10, ROWS), 5, 80).round().astype(int)
    gains = np.where(rng.random(ROWS) < 0.08, rng.lognormal(8, 1, ROWS), 0).round().astype(int)
    weighed = (
        np.vectorize(EDUCATION.get)(education)
        + np.vectorize(WORK.get)(work)
        + np.vectorize(REGION.get)(region)
        - ((age - 48) / 14) ** 2  # earnings peak in the middle of life
        + (hours - 38) / 8
        + 0.35 * np.log1p(gains)
        + rng.logistic(0, 0.7, ROWS)
    )
    high = weighed > np.quantile(weighed, 1 - 1 / 14)
    columns = {"age": age, "hours": hours, "gains": gains, "education": education, "work": work, "region": region}
    frame = pd.DataFrame(columns | {"high_income": high.astype(int)})
    frame.to_csv(Path(__file__).with_name("census.csv"), index=False)


if __name__ == "__main__":
    main()
