"""tunejob beside Keras, scikit-learn and KerasTuner: one search after the other, on the same machine and folds."""
