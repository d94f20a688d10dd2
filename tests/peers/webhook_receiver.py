"""A receiver of pushed requests on loopback: the standard library's HTTPS server, and signatures checked by standardwebhooks
(HMAC) and cryptography (Ed25519).

Usage: webhook_receiver.py CERTIFICATE KEY SECRET PUBLIC_KEY TOKEN [ANSWER...]
Prints its port, then each request as a line of JSON with what came of it; ends when its input does. The answers are given in turn,
`ok` when there are no more: a status, or `drop` (taken, and the connection ends without a word).
"""

import base64
import http.server
import json
import ssl
import sys
import threading

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

certificate, key, secret, public_key, token, *answers = sys.argv[1:]
public = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
turn = threading.Lock()


def by_secret(body, headers):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def by_public_key(body, headers):
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for one in headers["webhook-signature"].split():
        scheme, signature = one.split(",", 1)
        if scheme == "v1a":
            try:
                public.verify(base64.b64decode(signature), signed)
                return True
            except InvalidSignature:
                pass
    return False


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with turn:
            answer = answers.pop(0) if answers else "ok"
            if self.headers.get("Authorization") != f"Bearer {token}":
                answer = "401"
            told = {
                "id": headers["webhook-id"],
                "by_secret": by_secret(body, headers),
                "by_public_key": by_public_key(body, headers),
                "path": self.path,
                "answer": answer,
                "body": json.loads(body),
            }
            print(json.dumps(told), flush=True)
        if answer == "drop":
            self.connection.close()
            return
        self.send_response(204 if answer == "ok" else int(answer))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
