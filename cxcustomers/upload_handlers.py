"""Uploaded files: in memory only, and only where a page asks for one."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

# What a form is besides the file.
REST_OF_FORM = 64 * 1024


class PageUploadHandler(MemoryFileUploadHandler):
    """Takes forms with files as large as `settings.UPLOADS` says for the page, by its route.

    Any other page takes as much as it takes of a form without files.
    """

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        """Raises RequestDataTooBig before anything is read."""
        match = self.request.resolver_match if self.request else None
        limit = settings.UPLOADS.get(match.view_name) if match else None
        most = limit + REST_OF_FORM if limit else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > most:
            raise RequestDataTooBig("The file is too large for this page.")
        self.activated = True
