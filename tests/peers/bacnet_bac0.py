"""Another BACnet/IP client that nobody here wrote: BAC0, at a server on loopback, as building engineers use it.

Arguments: the server's port, its virtual network, and the instance of a meter behind it. Registers as a foreign device, discovers, makes
the meter a device of its own with all its points, and reads. Prints one JSON object for each thing that was learned: {"what": …}.
"""

import asyncio
import contextlib
import json
import logging
import socket
import sys

with contextlib.redirect_stdout(sys.stderr):
    import BAC0

logging.disable(logging.CRITICAL)


def tell(what, **more) -> None:
    print(json.dumps({"what": what, **more}, default=str), file=sys.__stdout__, flush=True)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


async def main() -> None:
    port, network, instance = sys.argv[1:]
    async with BAC0.lite(ip="127.0.0.1/32", port=free_port(), bbmdAddress=f"127.0.0.1:{port}", bbmdTTL=60, ping=False) as bacnet:
        await bacnet._discover(global_broadcast=True)
        known = sorted(int(info["object_instance"][1]) for info in (bacnet.discoveredDevices or {}).values())
        tell("discovered", devices=known)
        gateway = known[0]
        address = f"{network}:0x{int(instance):06x}"
        tell("name", value=str(await bacnet.read(f"{address} device {instance} objectName")))
        meter = await BAC0.device(address, int(instance), bacnet, poll=0, history_size=1)
        for point in meter.points:
            tell("point", name=point.properties.name, value=str(await point.value), units=str(point.properties.units_state))
        try:
            # What it writes to, it must know by an IP address.
            await bacnet._write(f"127.0.0.1:{port} device {gateway} apduTimeout 5")
            tell("write", error="let in")
        except Exception as error:
            tell("write", error=str(error))


with contextlib.redirect_stdout(sys.stderr):
    asyncio.run(main())
