"""An SNMP manager that nobody here wrote: pysnmp, at an agent on loopback.

Arguments: port, user, password for authentication, password for encryption, and either "get" and names in numbers, or "walk" and
one. Everything goes by SNMPv3 with HMAC-192-SHA-256 and AES-128. Prints each value as a JSON line {"name", "type", "value"}, bytes in hexadecimal,
or {"error"} and nothing more.
"""

import asyncio
import json
import sys

from pysnmp.hlapi.v3arch.asyncio import (
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulk_walk_cmd,
    get_cmd,
    usmAesCfb128Protocol,
    usmHMAC192SHA256AuthProtocol,
)


def show(name, value) -> None:
    kind = type(value).__name__
    told = value.asOctets().hex() if hasattr(value, "asOctets") else value.prettyPrint()
    print(json.dumps({"name": str(name), "type": kind, "value": told}), flush=True)


def failed(indication, status) -> bool:
    if indication or status:
        print(json.dumps({"error": str(indication or status.prettyPrint())}), flush=True)
    return bool(indication or status)


async def main() -> None:
    port, user, authentication, privacy, act, *names = sys.argv[1:]
    engine = SnmpEngine()
    who = UsmUserData(
        user,
        authentication,
        privacy,
        authProtocol=usmHMAC192SHA256AuthProtocol,
        privProtocol=usmAesCfb128Protocol,
    )
    target = await UdpTransportTarget.create(("127.0.0.1", int(port)), timeout=5, retries=1)
    objects = [ObjectType(ObjectIdentity(name)) for name in names]
    if act == "get":
        indication, status, _, bindings = await get_cmd(engine, who, target, ContextData(), *objects, lookupMib=False)
        if not failed(indication, status):
            for name, value in bindings:
                show(name, value)
        return
    walk = bulk_walk_cmd(
        engine, who, target, ContextData(), 0, 25, objects[0], lookupMib=False, lexicographicMode=False
    )
    async for indication, status, _, bindings in walk:
        if failed(indication, status):
            return
        for name, value in bindings:
            show(name, value)


asyncio.run(main())
