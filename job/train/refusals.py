"""Why fits are not trained together: one family of exceptions, each with a sentence for the result line."""


class Refusal(Exception):
    """Something can't be trained together, or not proved to be right so; the message is the sentence that says why."""


class ByFit(Refusal):
    """These fits go by Keras ``fit``."""


class OfShape(ByFit):
    """So do all others of their shape in the run, in whichever worker."""


class Alone(ByFit):
    """So do these, and nothing may be shared with another fit, not even a model that Keras has traced."""
