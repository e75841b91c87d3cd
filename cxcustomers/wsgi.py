import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxcustomers.settings")
if settings.SECRET_KEY == settings.UNSET_KEY:
    raise ImproperlyConfigured("SECRET_KEY: set one, or let `manage.py up` write one.")
application = get_wsgi_application()
