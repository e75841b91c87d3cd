from django.utils.module_loading import import_string

from .wsgi import application as wsgi

# Importable only now that Django is set up.
application = import_string("cxcustomers.event_loop.Application")(wsgi)
