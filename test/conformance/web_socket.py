"""Drives a server's WebSocket edge by raw sockets and by the library `websockets`.

Called with the server's URL, a token and the id of an ended execution; prints one JSON object: what was seen in each case.
What should be seen stands in web-socket.test.ts.
"""

import asyncio
import base64
import hashlib
import json
import os
import socket
import struct
import sys
from urllib.parse import urlsplit

import websockets

URL, TOKEN, EXECUTION = sys.argv[1:4]
HOST, PORT = urlsplit(URL).hostname, urlsplit(URL).port
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
LIMIT = 64 * 1024
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None, wide=False):
    """One frame as a client sends it; `length` lies about the payload, `wide` spends eight bytes on it."""
    size = len(payload) if length is None else length
    head = bytes([(fin << 7) | (rsv << 4) | opcode])
    mark = masked << 7
    if size < 126 and not wide:
        head += bytes([mark | size])
    elif size < 65536 and not wide:
        head += bytes([mark | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def text(message, **how):
    return frame(TEXT, json.dumps(message).encode(), **how)


def close(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


PING_MESSAGE = json.dumps({"type": "ping", "ts": "é😀"}, ensure_ascii=False).encode()


class Raw:
    """A connection that sends whatever it is given."""

    def __init__(self):
        self.socket = socket.create_connection((HOST, PORT), timeout=20)
        self.buffer = b""

    def take(self, count):
        while len(self.buffer) < count:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                raise EOFError
            self.buffer += more
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def request(self, changes=None, method="GET", path=None, version="1.1", after=b""):
        """Sends an upgrade request and returns status, headers and the key; a header that is None is left out."""
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {
            "Host": f"{HOST}:{PORT}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            **(changes or {}),
        }
        lines = [f"{method} {path or '/ws?token=' + TOKEN} HTTP/{version}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + after)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.take(1)
        status, *rest = head.decode().strip().split("\r\n")
        answered = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in rest}
        return int(status.split(" ")[1]), answered, key

    def frame(self):
        """The next frame of the server as (opcode, payload); None when the connection has ended."""
        try:
            first, second = self.take(2)
            assert first & 0xF0 == 0x80, "the server sends whole frames without reserved bits"
            assert second & 0x80 == 0, "the server does not mask"
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self.take(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", self.take(8))
            return first & 0x0F, self.take(size)
        except EOFError:
            return None


def told(received):
    """A frame in a form that can be compared."""
    if received is None:
        return "end"
    opcode, payload = received
    if opcode == CLOSE:
        return struct.unpack(">H", payload[:2])[0] if payload else "empty close"
    if opcode == TEXT:
        message = json.loads(payload.decode("utf-8", "strict"))
        return f"error {message['code']}" if message["type"] == "error" else f"{message['type']} {message.get('ts')}"
    return f"{'pong' if opcode == PONG else opcode} {payload.hex()}"


def opened(after=b""):
    raw = Raw()
    status, _, _ = raw.request(after=after)
    assert status == 101, status
    return raw


def seen(*sent, count=None):
    """Everything that comes back up to the end of the connection, or `count` frames of it."""
    raw = opened()
    try:
        for part in sent:
            raw.socket.sendall(part)
        frames = []
        while count is None or len(frames) < count:
            received = told(raw.frame())
            if received == "end":
                frames.append("end")
                break
            frames.append(received)
            if isinstance(received, int) or received == "empty close":
                # The close handshake is ours to complete when the server began it.
                raw.socket.sendall(close(1000))
        return frames
    finally:
        raw.socket.close()


def frame_cases():
    cases = {
        "a frame without a mask": [text({"type": "ping"}, masked=False)],
        "a continuation of nothing": [frame(0, b"x")],
        "a new message inside of a fragmented one": [frame(TEXT, b"{", fin=False), text({"type": "ping"})],
        "a fragmented ping": [frame(PING, b"x", fin=False)],
        "a fragmented close": [frame(CLOSE, b"", fin=False)],
        "a ping of 126 bytes": [frame(PING, b"x" * 126)],
        "a close of 126 bytes": [frame(CLOSE, struct.pack(">H", 1000) + b"x" * 124)],
        "a close of one byte": [frame(CLOSE, b"x")],
        "text that is not UTF-8": [frame(TEXT, b"\xff\xfe")],
        "text with an overlong form": [frame(TEXT, b"\xc0\xaf")],
        "text with a surrogate": [frame(TEXT, b"\xed\xa0\x80")],
        "text beyond Unicode": [frame(TEXT, b"\xf5\x80\x80\x80")],
        "text that ends inside of a character": [frame(TEXT, b"\xf0\x9f\x98")],
        "fragments that are not UTF-8 together": [frame(TEXT, b"\xf0\x9f", fin=False), frame(0, b"x")],
        "a close whose reason is not UTF-8": [close(1000, b"\xff")],
        "a message over the limit": [frame(TEXT, b"x" * (LIMIT + 1))],
        "fragments over the limit together": [frame(TEXT, b"x" * LIMIT, fin=False), frame(0, b"x")],
        "a length of 2^62": [frame(TEXT, length=2**62)],
        "a length of 2^64 - 1": [frame(BINARY, length=2**64 - 1)],
    }
    cases |= {f"reserved bit {4 - bit}": [text({"type": "ping"}, rsv=1 << (bit - 1))] for bit in (1, 2, 3)}
    cases |= {f"opcode {opcode}": [frame(opcode, b"x")] for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)}
    codes = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    cases |= {f"close code {code}": [close(code)] for code in codes}
    return {name: seen(*sent)[-2:] for name, sent in cases.items()}


def talk_cases():
    fragments = [frame(TEXT, PING_MESSAGE[:22], fin=False), frame(PING, b"mid"), frame(0, b"", fin=False)]
    fragments += [frame(0, bytes([byte]), fin=False) for byte in PING_MESSAGE[22:]] + [frame(0, b"")]
    padded = json.dumps({"type": "ping", "ts": 1, "pad": ""})
    largest = json.dumps({"type": "ping", "ts": 1, "pad": "x" * (LIMIT - len(padded))}).encode()
    whole = frame(TEXT, PING_MESSAGE)
    every = bytes(range(125))
    early = opened(after=whole)
    results = {
        "a fragmented message with a ping inside": seen(*fragments, count=2),
        "a message byte by byte": seen(*[bytes([byte]) for byte in whole], count=1),
        "a message right behind the handshake": [told(early.frame())],
        "a message of exactly the limit": [len(largest), *seen(frame(TEXT, largest), count=1)],
        "a length written with eight bytes": seen(frame(TEXT, PING_MESSAGE, wide=True), count=1),
        "a ping without content": seen(frame(PING), count=1),
        "a ping of 125 bytes": [seen(frame(PING, every), count=1) == [f"pong {every.hex()}"]],
        "pings in a row": seen(*[frame(PING, bytes([i])) for i in range(3)], count=3),
        "a pong that nobody asked for": seen(frame(PONG, b"x"), whole, count=1),
        "a binary message, then a good one": seen(frame(BINARY, b"\x00"), whole, count=2),
        "an empty message, then a good one": seen(frame(TEXT), whole, count=2),
        "a close without a code": seen(frame(CLOSE)),
        "frames behind a close": seen(close(1000), frame(PING, b"x"), whole),
    }
    early.socket.close()
    codes = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    return results | {f"close code {code}": seen(close(code, b"because")) for code in codes}


def handshake_cases():
    changes = {
        "as it should be": {},
        "in another spelling": {"Upgrade": "WebSocket", "Connection": "keep-alive, upgrade"},
        "with a page of this host": {"Origin": URL},
        "with compression on offer": {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        "with a protocol that we know": {"Sec-WebSocket-Protocol": "other, exec.v2"},
        "with protocols that we do not know": {"Sec-WebSocket-Protocol": "other"},
        "with a page of another host": {"Origin": "https://elsewhere.example"},
        "with a page of nowhere": {"Origin": "null"},
        "without a key": {"Sec-WebSocket-Key": None},
        "with a short key": {"Sec-WebSocket-Key": "c2hvcnQ="},
        "with a key that is not base64": {"Sec-WebSocket-Key": "!" * 24},
        "without a version": {"Sec-WebSocket-Version": None},
        "with version 12": {"Sec-WebSocket-Version": "12"},
        "with version 14": {"Sec-WebSocket-Version": "14"},
        "to something else": {"Upgrade": "h2c"},
        "with a list of protocols that is none": {"Sec-WebSocket-Protocol": "a,,b"},
    }
    requests = {
        "by another method": {"method": "POST"},
        "at another address": {"path": "/wss?token=" + TOKEN},
        "without a token": {"path": "/ws"},
        "with a wrong token": {"path": "/ws?token=wrong"},
        "at an address that is none": {"path": "//"},
    }
    results = {}
    for name, how in ({name: {"changes": headers} for name, headers in changes.items()} | requests).items():
        raw = Raw()
        status, headers, key = raw.request(**how)
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        results[name] = {
            "status": status,
            **({"accepted": headers.get("sec-websocket-accept") == accept} if status == 101 else {}),
            **({"protocol": headers["sec-websocket-protocol"]} if "sec-websocket-protocol" in headers else {}),
            **({"extensions": headers["sec-websocket-extensions"]} if "sec-websocket-extensions" in headers else {}),
            **({"versions": headers["sec-websocket-version"]} if "sec-websocket-version" in headers else {}),
        }
        raw.socket.close()
    return results


async def library_cases():
    address = f"{URL.replace('http', 'ws', 1)}/ws"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    results = {}
    async with websockets.connect(f"{address}?execution={EXECUTION}", additional_headers=headers) as client:
        types = []
        while not types or types[-1] not in ("execution-complete", "execution-error"):
            types.append(json.loads(await client.recv())["type"])
        results["an execution to its end"] = [types[0], types[-1]]
        await (await client.ping(b"are you there"))
        await client.send(['{"type":', '"ping",', '"ts":5}'])
        results["a message in fragments"] = json.loads(await client.recv())["ts"]
        await client.send(b"\x00\x01")
        results["a binary message"] = json.loads(await client.recv())["name"]
        await client.close(3001, "enough")
        results["a close with a code"] = [client.close_code, client.close_reason]
    async with websockets.connect(address, additional_headers=headers, subprotocols=["exec.v2"]) as client:
        results["the protocol for more"] = [client.subprotocol, json.loads(await client.recv())["type"]]
        await client.send("x" * (LIMIT + 1))
        await client.wait_closed()
        results["a message over the limit"] = client.close_code
    try:
        await websockets.connect(address)
    except websockets.InvalidStatus as refusal:
        results["no token"] = refusal.response.status_code
    return results


print(
    json.dumps(
        {
            "frames": frame_cases(),
            "talk": talk_cases(),
            "handshakes": handshake_cases(),
            "library": asyncio.run(library_cases()),
        }
    )
)
