"""An S3 that answers what a test says."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ScriptedS3:
    """One object under any name, read by HEAD and ranges.

    Args:
        data: The object's bytes.

    `before_answer`, if set, is called with each request's method; what it returns is the status of an error to
    answer with, and None lets the request be.
    """

    def __init__(self, data):
        self.data = data
        self.before_answer = None
        self.requests = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                self._answer()

            def do_GET(self):
                self._answer()

            def _answer(self):
                service.requests += 1
                status = service.before_answer and service.before_answer(self.command)
                first, last = self.headers.get("Range", f"bytes=0-{len(service.data) - 1}")[len("bytes=") :].split("-")
                body = b"" if status else service.data[int(first) : int(last) + 1]
                self.send_response(status or (206 if "Range" in self.headers else 200))
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", '"1"')
                self.send_header("Last-Modified", "Wed, 01 May 2024 00:00:00 GMT")
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
