# SPDX-License-Identifier: Apache-2.0
# Part of ../kinds.py, run in its name space.

# ---- modules and the like ----

@kind
def modules():
    m = types.ModuleType("made_up", "doc")
    m.x = [1]
    return [sys, os, m, collections]


@kind
def namespaces():
    return [sys.modules["__main__"].__dict__, Plain.__dict__]


@kind
def specs():
    return [getattr(os, "__spec__"), getattr(os, "__loader__")]


@kind
def singletons():
    return [None, NotImplemented, Ellipsis]


@kind
def threads():
    made = [threading.Lock(), threading.RLock(), threading.Event(), threading.Condition(), threading.Semaphore()]
    local = threading.local()
    local.x = [1]
    held = threading.RLock()
    held.acquire()
    return made + [local, held, threading.current_thread()]


class MyLocal(threading.local):
    pass


@kind
def thread_locals():
    local = MyLocal()
    local.y = "y"
    return local


@kind
def capsules():
    return datetime.datetime_CAPI


# ---- datetime, re, random ----

@kind
def datetimes():
    dt = datetime
    return [dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 6), dt.time(1, 2, 3), dt.timedelta(1, 2, 3)]


@kind
def datetimes_with_zone():
    dt = datetime
    zone = dt.timezone(dt.timedelta(hours=2), "here")
    return [dt.datetime(2020, 1, 2, tzinfo=zone), dt.time(1, tzinfo=zone), zone, dt.timezone.utc]


class MyZone(datetime.tzinfo):
    def utcoffset(self, when):
        return datetime.timedelta(0)


@kind
def timezone_subclass():
    z = MyZone()
    return [z, datetime.datetime(2020, 1, 2, tzinfo=z), datetime.time(1, 2, tzinfo=z)]


class MyDatetime(datetime.datetime):
    pass


@kind
def datetime_subclass():
    d = MyDatetime(2000, 1, 1)
    d.note = "n"
    return d


@kind
def zoneinfo_():
    import zoneinfo
    return zoneinfo.ZoneInfo("UTC")


@kind
def regexes():
    p = re.compile(r"(?P<word>\w+)\s(x)?")
    m = p.match("hello world")
    m.regs
    scanner = p.scanner("a b c")
    return [p, m, scanner, p.finditer("a b c"), re.compile(b"[a-z]")]


@kind
def randoms():
    return [random.Random(5), random.SystemRandom(), __import__("_random").Random(1)]


@kind
def hashes():
    import hashlib
    import zlib
    return [hashlib.md5(b"x"), hashlib.sha256(b"x"), zlib.compressobj(), zlib.decompressobj()]


@kind
def compressors():
    import bz2
    import lzma
    return [bz2.BZ2Compressor(), bz2.BZ2Decompressor(), lzma.LZMADecompressor(), lzma.LZMACompressor()]


# ---- ctypes ----

class CStruct(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_double), ("p", ctypes.c_void_p), ("next", ctypes.c_char_p)]


class CUnion(ctypes.Union):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_char * 100)]


@kind
def ctypes_():
    s = CStruct(1, 2.0, None, b"kept alive")
    arr = (ctypes.c_int * 100)(*range(100))
    p = ctypes.pointer(s)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x)
    return [s, CUnion(), arr, p, callback, ctypes.c_int(5), ctypes.c_char_p(b"x"), ctypes.py_object([1]), ctypes.byref(s),
            CStruct, CUnion, ctypes.c_int * 3, CStruct.a, ctypes.pythonapi, ctypes.pythonapi.Py_IsInitialized,
            ctypes.create_string_buffer(500)]
