"""The searches in Python beside scikit-learn's own over SciKeras."""
