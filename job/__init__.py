"""Cross-validated hyperparameter search for TensorFlow on Kubernetes, or on one machine."""
