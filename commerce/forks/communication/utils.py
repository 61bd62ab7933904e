from commerce.mail.dispatcher import Dispatcher  # noqa: F401
