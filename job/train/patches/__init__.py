"""All that changes Keras and TensorFlow, or reaches into their private parts, while fits train together."""
