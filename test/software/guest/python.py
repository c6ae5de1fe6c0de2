"""Checks of the interpreter and its libraries. python3 python.py NAME prints what any right Python prints."""
import decimal, hashlib, json, math, os, re, struct, sys, threading, zlib


def work():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    print("fib", fib(23))
    total = 0
    for i in range(700000):
        total = (total * 31 + i) & 0xFFFFFFFF
    print("loop", total)
    table = {}
    for i in range(200000):
        table[i * 7919 % 100003] = table.get(i % 1000, 0) + i
    print("dict", len(table), sum(table.values()))


def integers():
    print(hashlib.sha256(str(math.factorial(1000)).encode()).hexdigest())
    p = 2**521 - 1
    print(pow(3, p - 1, p), pow(7, p // 3, p) % 10**9)
    a, b = 3**2000, 7**700
    q, r = divmod(a, b)
    assert q * b + r == a and 0 <= r < b
    print(hex(r)[-32:], math.isqrt(a) % 10**12, (-a) // b % 10**9)
    print([(x << 67) >> 65 for x in (1, -1, 12345)], (-17) // 5, -17 % 5, ~(1 << 70))


def floats():
    values = [0.1, 1 / 3, 1e308 * 10, -0.0, 5e-324, 2.0**-1074 * 3, math.pi, 1e23, 123456789.123456789, float("nan")]
    print([repr(v) for v in values])
    print([v.hex() for v in values])
    print([round(v, 3) for v in (2.0005, 2.5, 0.125, 1e15 + 0.3)], [round(v) for v in (0.5, 1.5, 2.5, -0.5)])
    total = 0.0
    for i in range(1, 100001):
        total += 1.0 / i
    print(total.hex(), math.fsum(1.0 / i for i in range(1, 10001)).hex())
    # The C library rounds these correctly or not by one unit: nine digits hold everywhere.
    for f in (math.sin, math.cos, math.tan, math.exp, math.atan, math.sinh, math.erf, math.lgamma):
        print(f.__name__, " ".join("%.9e" % f(x) for x in (0.1, 1.0, 2.5, 10.0)))
    print([math.sqrt(x).hex() for x in (2.0, 3.0, 1e-310)], math.fmod(1e300, 7.0), math.ldexp(0.75, -1060))
    print(struct.pack("<dfe", 1.1, 1.1, 1.1).hex(), struct.unpack("<e", b"\x01\x00")[0])
    print([float(s) for s in ("2.2250738585072011e-308", "9007199254740993", "1.7976931348623158e308")])
    print(int(1e300) % 10**9, (0.1).as_integer_ratio(), complex(1, 2) ** 3)


def texts():
    words = [("%x" % (i * 2654435761 % 2**32)) for i in range(20000)]
    words.sort()
    joined = " ".join(words)
    print(hashlib.md5(joined.encode()).hexdigest(), joined.upper().count("A"), joined.find("ffff"))
    print(len(re.findall(r"\b[0-9]+[a-f]{2,}\b", joined)), re.sub(r"(\d)(\D)", r"\2\1", joined[:60]))
    data = {"a": [1, 2.5, None, True, "\u00e9\n"], "b": {"c": list(range(50))}, "d": [i / 7 for i in range(50)]}
    encoded = json.dumps(data, sort_keys=True)
    assert json.loads(encoded) == data
    print(hashlib.sha256(encoded.encode()).hexdigest(), encoded[:40])


def libraries():
    data = bytes((i * i >> 3) & 0xFF for i in range(300000))
    print(zlib.crc32(data), zlib.adler32(data))
    assert zlib.decompress(zlib.compress(data, 6)) == data
    for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s"):
        print(name, hashlib.new(name, data).hexdigest())
    print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 5000).hex())
    decimal.getcontext().prec = 60
    one = decimal.Decimal(1)
    print(one / 7, one.exp(), decimal.Decimal(2).sqrt(), decimal.Decimal(10).ln())


def concurrency():
    lock, total = threading.Lock(), [0]

    def add():
        for _ in range(5000):
            with lock:
                total[0] += 1

    threads = [threading.Thread(target=add) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(total[0])
    reader, writer = os.pipe()
    for i in range(20):
        if os.fork() == 0:
            os.write(writer, bytes([i]))
            os._exit(i)
    statuses = sorted(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(20))
    print(statuses, sorted(os.read(reader, 20)))

    def count(n):
        for i in range(n):
            try:
                if i % 3 == 0:
                    raise ValueError(i)
                yield i
            except ValueError as error:
                yield -error.args[0]

    print(sum(count(50000)))


{f.__name__: f for f in (work, integers, floats, texts, libraries, concurrency)}[sys.argv[1]]()
