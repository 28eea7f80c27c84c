"""The run told to a person: html, markdown, TensorBoard."""
