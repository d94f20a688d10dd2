"""A BACnet/IP client that nobody here wrote: bacpypes3, at a server on loopback.

Arguments: the server's port, its virtual network, and what to do: "walk" (everything that can be read, as a foreign device), "cov" and an
object ("analog-input,1001") of the meter with the lowest instance, until three notifications of each kind have come, "read" and an
object of that meter with some of its properties, or "bbmd": then it is a BBMD on a free port, which it tells, waits until the server has
registered, and looks for it by a broadcast of its own. Prints one JSON
object for each thing that was learned: {"what": …}.
"""

import asyncio
import json
import socket
import sys

from bacpypes3.apdu import ErrorRejectAbortNack
from bacpypes3.basetypes import Segmentation
from bacpypes3.ipv4.app import BBMDApplication, ForeignApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import Address, IPv4Address
from bacpypes3.primitivedata import ObjectIdentifier, Real

PATIENCE = 20.0


def tell(what, **more) -> None:
    print(json.dumps({"what": what, **more}, default=str), flush=True)


def client(kind):
    """A device of its own on a free port of the loopback."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    device = DeviceObject(
        objectIdentifier="device,999001",
        objectName="bacpypes3",
        vendorIdentifier=999,
        maxApduLengthAccepted=1476,
        segmentationSupported=Segmentation.segmentedBoth,
        maxSegmentsAccepted=64,
    )
    port = sock.getsockname()[1]
    return kind(device, IPv4Address(f"127.0.0.1/8:{port}"), bind_socket=sock), port


async def refused(request) -> str:
    """The error in words; what came when there was none."""
    try:
        answer = await request
    except ErrorRejectAbortNack as error:
        return str(error)
    return str(answer) if isinstance(answer, ErrorRejectAbortNack) else f"let in: {answer}"


async def found(app, port):
    """Everybody that answers a global Who-Is, by instance."""
    app.register(IPv4Address(f"127.0.0.1:{port}"), 60)
    answers = await app.who_is(timeout=2)
    devices = {int(one.iAmDeviceIdentifier[1]): one for one in answers}
    return [devices[instance] for instance in sorted(devices)]


async def walk(app, port, network) -> None:
    devices = await found(app, port)
    tell("registered", status=app.foreign.bbmdRegistrationStatus)
    for one in devices:
        tell(
            "device",
            instance=one.iAmDeviceIdentifier[1],
            address=str(one.pduSource),
            vendor=one.vendorID,
            segmentation=str(one.segmentationSupported),
        )
    gateway = Address(f"127.0.0.1:{port}")
    router = await app.nse.who_is_router_to_network(network=network, destination=gateway)
    tell("router", networks=[network for _, message in router for network in message.iartnNetworkList])
    meters = [one for one in devices if one.pduSource.addrType == Address.remoteStationAddr]
    for one in [devices[0], meters[0]]:
        device = ObjectIdentifier(one.iAmDeviceIdentifier)
        objects = await app.read_property(one.pduSource, device, "object-list")
        every = await app.read_property_multiple(one.pduSource, [part for item in objects for part in (item, ["all"])])
        for item, name, _, value in every:
            tell("value", device=device[1], object=str(item), property=str(name), value=str(value))
        required = await app.read_property_multiple(one.pduSource, [device, ["required"]])
        tell("required", device=device[1], count=len(required))
        for at in (0, 1):
            tell("element", device=device[1], at=at, value=str(await app.read_property(one.pduSource, device, "object-list", at)))
    meter = meters[0].pduSource
    named = str(await app.read_property(meter, "analog-input,1001", "object-name"))
    have = await app.who_has(object_name=named, timeout=2)
    tell("have", devices=[one.deviceIdentifier[1] for one in have or []], objects=[str(one.objectIdentifier) for one in have or []])
    tell("unknown", error=await refused(app.read_property(meter, "analog-input,9", "present-value")))
    tell("write", error=await refused(app.write_property(meter, "analog-input,1001", "present-value", Real(1.0))))
    for way in (("p", 1, None, None, 5), ("s", 2**31, None, None, 5)):
        records = await app.read_range(meter, ObjectIdentifier("trend-log,1036"), "log-buffer", range_params=way)
        tell("records", way=way[0], count=len(records), first=str(records[0].timestamp.date) if records else None)


async def cov(app, port, name) -> None:
    meter = next(one for one in await found(app, port) if one.pduSource.addrType == Address.remoteStationAddr)
    for confirmed in (True, False):
        process = 7 if confirmed else 8
        async with app.change_of_value(meter.pduSource, ObjectIdentifier(name), process, confirmed, 120) as changes:
            values = []
            while len(values) < 3:
                item, value = await asyncio.wait_for(changes.get_value(), PATIENCE)
                if str(item) == "present-value":
                    values.append(float(value))
            active = await app.read_property(meter.pduSource, ObjectIdentifier(meter.iAmDeviceIdentifier), "active-cov-subscriptions")
            tell("changes", confirmed=confirmed, values=values, active=len(active))


async def read(app, port, name, *properties) -> None:
    meter = next(one for one in await found(app, port) if one.pduSource.addrType == Address.remoteStationAddr)
    for item in properties:
        value = await app.read_property(meter.pduSource, ObjectIdentifier(name), item)
        tell("value", device=meter.iAmDeviceIdentifier[1], object=name, property=item, value=str(value))


async def bbmd(app, port) -> None:
    tell("port", port=port)
    while not app.bbmd.bbmdFDT:
        await asyncio.sleep(0.05)
    tell("registered", address=str(app.bbmd.bbmdFDT[0].fdAddress), ttl=app.bbmd.bbmdFDT[0].fdTTL)
    answers = await app.who_is(timeout=2)
    tell("found", devices=sorted(int(one.iAmDeviceIdentifier[1]) for one in answers))


async def main() -> None:
    port, network, act, *rest = sys.argv[1:]
    app, own = client(BBMDApplication if act == "bbmd" else ForeignApplication)
    try:
        if act == "bbmd":
            await bbmd(app, own)
        elif act == "walk":
            await walk(app, int(port), int(network))
        elif act == "read":
            await read(app, int(port), *rest)
        else:
            await cov(app, int(port), *rest)
    finally:
        app.close()


asyncio.run(main())
