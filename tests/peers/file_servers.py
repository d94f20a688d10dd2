"""File servers on loopback: SFTP by asyncssh, which knows a password, and HTTPS POST by the standard library.

Usage: file_servers.py sftp|post FOLDER USER PASSWORD KEY [CERTIFICATE]
Prints its port, and for SFTP the fingerprint of its key beside it; ends when its input does.
"""

import asyncio
import base64
import hashlib
import http.server
import os
import re
import ssl
import sys
import threading

import asyncssh

kind, folder, user, password, key, *certificate = sys.argv[1:]


async def sftp():
    host_key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")

    class Server(asyncssh.SSHServer):
        def password_auth_supported(self):
            return True

        def validate_password(self, name, given):
            return (name, given) == (user, password)

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel):
            super().__init__(channel, chroot=folder.encode())

    server = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[host_key], server_factory=Server, sftp_factory=Files)
    print(server.get_port(), host_key.get_fingerprint("sha256"), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


class Post(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def chunks(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            yield self.rfile.read(int(self.headers["Content-Length"]))
            return
        while length := int(self.rfile.readline(), 16):
            chunk = self.rfile.read(length)
            if len(chunk) < length or self.rfile.readline() != b"\r\n":
                raise ConnectionError("cut")
            yield chunk

    def do_POST(self):
        shown = base64.b64encode(f"{user}:{password}".encode()).decode()
        allowed = self.headers.get("Authorization") in (f"Basic {shown}", f"Bearer {password}")
        body = b"".join(self.chunks())
        name = re.fullmatch(r'attachment; filename="([^"/]+)"', self.headers.get("Content-Disposition", ""))
        status = 401 if not allowed else 400 if not name else 201
        if status == 201:
            place = os.path.join(folder, self.path.strip("/"))
            os.makedirs(place, exist_ok=True)
            with open(os.path.join(place, name[1]), "wb") as file:
                file.write(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def post():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Post)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0], key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], "-", flush=True)
    sys.stdin.read()


asyncio.run(sftp()) if kind == "sftp" else post()
