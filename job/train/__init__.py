"""All that imports TensorFlow: build, adapt, groups, fit, predict, score."""
