#!/usr/bin/env python3
"""A private package index with one package, for whoever knows the token. Needs nothing but Python.

    INDEX_TOKEN=... python3 index.py [ADDRESS:PORT]
"""

import base64
import hashlib
import http.server
import io
import os
import pathlib
import sys
import zipfile

NAME, VERSION = "greetings", "2.1.0"
WHEEL = f"{NAME}-{VERSION}-py3-none-any.whl"


def wheel():
    """The package as a wheel: a zip archive with its files, their digests, and what pip wants to know."""
    info = f"{NAME}-{VERSION}.dist-info"
    files = {
        f"{NAME}/__init__.py": (pathlib.Path(__file__).parent / NAME / "__init__.py").read_bytes(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: index.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD"
    lines = [f"{path},sha256={digest(data)},{len(data)}" for path, data in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


class Index(http.server.BaseHTTPRequestHandler):
    token = os.environ["INDEX_TOKEN"]
    pages = {
        f"/simple/{NAME}/": ("text/html", f'<!doctype html><a href="/files/{WHEEL}">{WHEEL}</a>'.encode()),
        f"/files/{WHEEL}": ("application/zip", wheel()),
    }

    def do_GET(self):
        known = base64.b64encode(f"token:{self.token}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {known}":
            self.answer(401, "text/plain", b"wrong token\n", ("WWW-Authenticate", 'Basic realm="index"'))
        elif self.path in self.pages:
            self.answer(200, *self.pages[self.path])
        else:
            self.answer(404, "text/plain", b"not here\n")

    def answer(self, status, kind, body, *headers):
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    host, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:18099").rsplit(":", 1)
    with http.server.ThreadingHTTPServer((host, int(port)), Index) as server:
        print(f"http://{host}:{server.server_port}/simple", flush=True)
        server.serve_forever()
