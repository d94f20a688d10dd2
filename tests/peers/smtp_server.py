"""A submission server that nobody here wrote: aiosmtpd, on loopback, by TLS.

Arguments: certificate chain, key, "tls" or "starttls", user, password; then what goes wrong, in turn, for each letter
("refuse", "later", "drop", "ok"); after those, nothing does. "plain" as the first of them offers no STARTTLS.
Prints its port; then each letter that it took as a JSON line {"to", "from", "login", "headers", "text", "files"}, and each one that
it did not as {"not", "to"}.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def show(told) -> None:
    print(json.dumps(told), flush=True)


class Box:
    def __init__(self, faults) -> None:
        self.faults = faults

    async def handle_RCPT(self, server, session, envelope, address, options):
        fault = self.faults[0] if self.faults else "ok"
        if fault in ("refuse", "later"):
            self.faults.pop(0)
            show({"not": fault, "to": address})
            return "550 no such mailbox" if fault == "refuse" else "451 greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        fault = self.faults.pop(0) if self.faults else "ok"
        if fault == "drop":
            show({"not": fault, "to": envelope.rcpt_tos[0]})
            server.transport.abort()
            return "250 OK"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
        show({
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "login": session.auth_data.decode() if session.auth_data else None,
            "headers": {name: str(value) for name, value in message.items()},
            "text": message.get_body(("plain",)).get_content(),
            "files": {name: content if isinstance(content, str) else content.decode() for name, content in files.items()},
        })
        return "250 kept as 4711"


async def main() -> None:
    chain, key, security, user, password, *faults = sys.argv[1:]
    plain = faults[:1] == ["plain"]
    box = Box(faults[1:] if plain else faults)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)

    def enter(server, session, envelope, mechanism, data):
        known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (user, password)
        return AuthResult(success=known, auth_data=data.login if known else None, handled=known)

    def smtp():
        implicit = security == "tls"
        server = SMTP(
            box,
            authenticator=enter,
            auth_required=bool(user) and not plain,
            auth_require_tls=not implicit and not plain,
            tls_context=None if implicit or plain else context,
            require_starttls=not implicit and not plain,
        )
        return server

    loop = asyncio.get_running_loop()
    listening = await loop.create_server(smtp, "127.0.0.1", 0, ssl=context if security == "tls" else None)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
