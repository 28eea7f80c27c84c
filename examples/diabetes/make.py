"""Writes diabetes.csv: scikit-learn's data in its own units, one patient a line."""

from pathlib import Path

from sklearn.datasets import load_diabetes


def main():
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame.rename(columns={"target": "progression"}).to_csv(Path(__file__).with_name("diabetes.csv"), index=False)


if __name__ == "__main__":
    main()
