"""Serves the greetings of the package on a port of its own."""

import http.server
import urllib.parse

import greetings


class Greeter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = urllib.parse.unquote(self.path.strip("/")) or "nobody"
        body = (greetings.greet(name) + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 18083), Greeter).serve_forever()
