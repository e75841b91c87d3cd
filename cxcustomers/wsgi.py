import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from foundation import waits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxcustomers.settings")
if settings.SECRET_KEY == settings.UNSET_KEY:
    raise ImproperlyConfigured("SECRET_KEY: set one, or let `manage.py up` write one.")
# For servers whose threads serve all kinds of requests.
waits.work_in_process_as(waits.WRITE)
django = get_wsgi_application()
# Importable only now that Django is set up.
application = import_string("cxcustomers.express.LookupsFirst")(django)
