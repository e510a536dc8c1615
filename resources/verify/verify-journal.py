#!/usr/bin/env python3
"""Verify a Postern journal with nothing of Postern's.

    python3 verify-journal.py JOURNAL [PUBLIC_KEY.pem]

Python 3.8 or later, standard library only. Checks the form, the numbering and the SHA-256 chain of every line, and, given
the public key, every Ed25519 signature. The format is described in docs/journal-format.md.

Exit status: 0 whole and sealed to its end; 1 a fault was found; 2 wrong use; 3 unchanged as far as it goes, but not sealed
(a session that is still open, was killed, or was cut at its end), or no public key was given.
"""
import base64
import hashlib
import json
import os
import re
import sys

FORMAT = "postern-journal/1"
ENVELOPE = re.compile(
    rb'\{"seq":([1-9][0-9]{0,15}),"time":(0|[1-9][0-9]{0,15}),"prev":"([0-9a-f]{64})","(header|body|checkpoint)":'
)
NOTE = re.compile(
    r"(postern-journal/1 ([^\n]+)\n([1-9][0-9]{0,15})\n([0-9a-f]{64})\ntime (0|[1-9][0-9]{0,15})\n"
    r"state (open|closed)\n)\n\u2014 postern ([A-Za-z0-9+/]{91}=)\n"
)
# SubjectPublicKeyInfo of an Ed25519 key: this prefix, then the 32 bytes of the key (RFC 8410).
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")

# --- Ed25519 verification, RFC 8032 section 5.1.7, in extended coordinates ---------------------------------------------
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(factor, point):
    result = (0, 1, 1, 0)
    while factor > 0:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def decode(data):
    """The point that 32 bytes stand for, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_holds(key, text, signature):
    point, commitment = decode(key), decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or commitment is None or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + text).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    left, right = multiply(scalar, BASE), add(commitment, multiply(challenge, point))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# --- The journal -------------------------------------------------------------------------------------------------------
def read_key(path):
    with open(path, encoding="ascii") as file:
        body = "".join(line for line in file.read().splitlines() if not line.startswith("-----"))
    der = base64.b64decode(body, validate=True)
    if len(der) != 44 or not der.startswith(SPKI_PREFIX):
        raise ValueError("not an Ed25519 public key in PEM form")
    return der[12:]


def check_header(value, key, fault):
    header = json.loads(value)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        fault(1, "the first line is no %s header" % FORMAT)
        return None
    if key is not None and base64.b64decode(header.get("publicKey", "")) != SPKI_PREFIX + key:
        fault(1, "the header names another signing key than the one given")
    return header.get("name")


def check_checkpoint(number, value, time, head, name, key, fault):
    """Returns the checkpoint's state when it is good, else None."""
    note = json.loads(value)
    match = NOTE.fullmatch(note) if isinstance(note, str) else None
    if match is None:
        return fault(number, "a checkpoint has not the form of a signed note")
    text, said_name, size, said_head, said_time, state, encoded = match.groups()
    signature = base64.b64decode(encoded)
    spelled = '"' + note.replace("\n", "\\n") + '"'
    if base64.b64encode(signature).decode() != encoded or spelled.encode() != value:
        return fault(number, "a checkpoint is not spelled in its one right way")
    if (int(size), said_head, said_time, said_name) != (number - 1, head, time, name):
        return fault(number, "a signed checkpoint does not fit the lines before it")
    if key is not None:
        key_id = hashlib.sha256(b"postern\n\x01" + key).digest()[:4]
        if signature[:4] != key_id:
            return fault(number, "a checkpoint is signed with another key than the one given")
        if not signature_holds(key, text.encode(), signature[4:]):
            return fault(number, "the signature of a checkpoint is wrong")
    return state


def verify(path, key):
    faults, name, head, sealed = [], None, "0" * 64, False
    records = checkpoints = number = 0

    def fault(line, message):
        faults.append("line %d: %s" % (line, message))

    with open(path, "rb") as file:
        for line in file:
            number += 1
            if not line.endswith(b"\n"):
                fault(number, "the last line is incomplete")
                sealed = False
                break
            line = line[:-1]
            if sealed:
                fault(number, "it stands behind the closing checkpoint")
            sealed = False
            match = ENVELOPE.match(line)
            digest = hashlib.sha256(line).hexdigest()
            if match is None or not line.endswith(b"}"):
                fault(number, "it has not the form of a journal line")
            else:
                seq, time, previous, kind = (part.decode() for part in match.groups())
                value = line[match.end() : -1]
                if int(seq) != number:
                    fault(number, "it calls itself record %s" % seq)
                if previous != head:
                    fault(number, "it does not continue the line before: one of the two was changed, or lines are missing")
                try:
                    if (kind == "header") != (number == 1):
                        fault(number, "the header is not the first line")
                    if kind == "header":
                        name = check_header(value, key, fault)
                    elif kind == "checkpoint":
                        checkpoints += 1
                        sealed = check_checkpoint(number, value, time, head, name, key, fault) == "closed"
                    else:
                        records += 1
                except ValueError as error:
                    fault(number, "it cannot be read (%s)" % error)
            head = digest
    if number == 0:
        fault(1, "the file is empty")
    return faults, name, head, sealed and not faults, records, checkpoints


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        key = read_key(arguments[1]) if len(arguments) == 2 else None
        faults, name, head, sealed, records, checkpoints = verify(arguments[0], key)
    except (OSError, ValueError) as error:
        print("cannot verify: %s" % error, file=sys.stderr)
        return 2
    print("%d records, %d checkpoints, head %s" % (records, checkpoints, head))
    if name is not None and name + ".journal" != os.path.basename(arguments[0]):
        print("note: the journal calls itself %s" % json.dumps(name))
    for message in faults[:100]:
        print("FAULT %s" % message)
    if len(faults) > 100:
        print("FAULT and %d more" % (len(faults) - 100))
    if faults:
        return 1
    if key is None:
        print("UNPROVEN the chain is unbroken; without a public key no signature was checked")
        return 3
    if not sealed:
        print("NOT SEALED nothing was changed, but the end is not signed: records may be missing there")
        return 3
    print("WHOLE every record is in its place, and the last checkpoint closes the journal")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
